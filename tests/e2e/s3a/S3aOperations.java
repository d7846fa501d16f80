import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * What a Spark job does to a place on S3, done with Hadoop's S3A.
 *
 * <p>The first argument is a file of Hadoop's configuration; every other is a place such as {@code s3a://bucket/folder}
 * that holds {@code part-0.csv} and {@code 2026/part-1.csv}. For each place and operation one line is printed: the
 * place, the operation and what came of it, parted by tabs. What came of it is what was found, or the name of the
 * exception.
 */
public final class S3aOperations {
  private static final String CONTENT = "region,amount\n";

  private final FileSystem fs;
  private final Path place;
  private final Map<String, Callable<Object>> operations = new LinkedHashMap<>();

  private S3aOperations(FileSystem fs, Path place) {
    this.fs = fs;
    this.place = place;
    reads();
    writes();
  }

  public static void main(String[] arguments) throws IOException {
    Configuration configuration = new Configuration(false);
    configuration.addResource("core-default.xml");
    configuration.addResource(new Path(arguments[0]));
    for (String place : Arrays.asList(arguments).subList(1, arguments.length)) {
      Path path = new Path(place);
      try (FileSystem fs = FileSystem.newInstance(path.toUri(), configuration)) {
        new S3aOperations(fs, path).operations.forEach(
            (operation, act) -> System.out.printf("%s\t%s\t%s%n", place, operation, outcome(act)));
      }
    }
  }

  private static String outcome(Callable<Object> act) {
    try {
      return String.valueOf(act.call());
    } catch (Exception problem) {
      return problem.getClass().getSimpleName();
    }
  }

  private void reads() {
    operations.put("status", () -> fs.getFileStatus(place).isDirectory() ? "directory" : "file");
    operations.put("exists", () -> fs.exists(place));
    operations.put("exists below", () -> fs.exists(at("part-0.csv")));
    operations.put("exists where nothing is", () -> fs.exists(at("missing.csv")));
    operations.put("status where nothing is", () -> missing(at("missing.csv")));
    operations.put("list", () -> names(fs.listStatus(place)));
    operations.put("list everything below", this::everythingBelow);
    operations.put("glob", () -> names(fs.globStatus(at("*.csv"))));
    operations.put("glob folders", () -> names(fs.globStatus(at("20*/*.csv"))));
    operations.put("read", () -> read(at("part-0.csv")));
    operations.put("read below", () -> read(at("2026/part-1.csv")));
    operations.put("summary", () -> fs.getContentSummary(place).getFileCount());
  }

  private void writes() {
    operations.put("mkdirs", () -> fs.mkdirs(at("new/below")));
    operations.put("create", () -> write(at("new/below/file.csv"), false));
    operations.put("overwrite", () -> write(at("part-0.csv"), true));
    operations.put("rename a file", () -> fs.rename(at("new/below/file.csv"), at("new/below/renamed.csv")));
    operations.put("rename a folder", () -> fs.rename(at("new"), at("moved")));
    operations.put("read what was renamed", () -> read(at("moved/below/renamed.csv")));
    operations.put("delete a file", () -> fs.delete(at("part-0.csv"), false));
    operations.put("delete a folder", () -> fs.delete(at("moved"), true));
    operations.put("delete everything", this::deleteEverything);
    operations.put("list afterwards", () -> names(fs.listStatus(place)));
  }

  private Path at(String below) {
    return new Path(place, below);
  }

  private Object missing(Path path) throws IOException {
    try {
      return fs.getFileStatus(path);
    } catch (FileNotFoundException expected) {
      return "nothing";
    }
  }

  private static String names(FileStatus[] found) {
    return Arrays.stream(found).map(status -> status.getPath().getName()).sorted().collect(Collectors.joining(" "));
  }

  private String everythingBelow() throws IOException {
    TreeSet<String> found = new TreeSet<>();
    for (RemoteIterator<LocatedFileStatus> files = fs.listFiles(place, true); files.hasNext();) {
      found.add(files.next().getPath().getName());
    }
    return String.join(" ", found);
  }

  private String read(Path file) throws IOException {
    try (FSDataInputStream in = fs.open(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).trim();
    }
  }

  private String write(Path file, boolean overwrite) throws IOException {
    try (FSDataOutputStream out = fs.create(file, overwrite)) {
      out.write(CONTENT.getBytes(StandardCharsets.UTF_8));
    }
    return "written";
  }

  /** A folder goes whole; of a bucket, whose root S3A never deletes, everything in it. */
  private Object deleteEverything() throws IOException {
    if (!place.isRoot()) {
      return fs.delete(place, true);
    }
    boolean gone = true;
    for (FileStatus child : fs.listStatus(place)) {
      gone &= fs.delete(child.getPath(), true);
    }
    return gone;
  }
}
