# ---------------------------------------------------------------- how commands are run

# Whatever the AWS CLI is configured to do with its answers, it prints them here as they are.
export AWS_PAGER=''
export AWS_DEFAULT_OUTPUT=json
export AWS_CLI_AUTO_PROMPT=off
# Documents are UTF-8, whatever the locale is.
export AWS_CLI_FILE_ENCODING=UTF-8
# What is kept in state/ is nobody else's to read or to change.
umask 077

# Names of others, and what AWS says of them, without anything that a terminal acts upon.
say() { printf '%s\n' "$1" | LC_ALL=C tr '\001-\010\013-\037\177' '[?*]'; }

# stop CODE SENTENCE: 1 something is left to do, 2 the input is wrong, 3 AWS refused.
stop() {
  say "stopped: $2" >&2
  exit "$1"
}

step() { say "- $1"; }

# code_of WORDS: the code of AWS's error in what the AWS CLI said; none where AWS was not asked.
code_of() {
  code=''
  case $1 in
    *'An error occurred ('*)
      code=${1#*'An error occurred ('}
      code=${code%%')'*}
      ;;
  esac
}

# Every command may answer that something is not there; anything else that AWS refuses ends the script. The code decides: a
# name may hold any word, and so may what the AWS CLI says of credentials. Athena and EMR have one code for all, and say it.
is_gone() {
  code_of "$1"
  case $code in
    404|NoSuch*|*NotFound*|*NotExist*) return 0 ;;
    InvalidRequestException)
      case $1 in *' not found'*|*' does not exist'*) return 0 ;; esac
      ;;
  esac
  return 1
}

is_there() {
  code_of "$1"
  case $code in
    *AlreadyExists*|*.Duplicate) return 0 ;;
  esac
  return 1
}

# found COMMAND…: whether what it asks for is there.
found() {
  if answer=$("$@" 2>&1); then return 0; fi
  if is_gone "$answer"; then return 1; fi
  stop 3 "$answer"
}

# known COMMAND…: prints what it prints, or nothing where that is not there.
known() {
  if ! answer=$("$@" 2> "$filled/.said"); then
    answer=$(cat "$filled/.said")
    if is_gone "$answer"; then return 0; fi
    stop 3 "$answer"
  fi
  case $answer in None|null) return 0 ;; esac
  printf '%s' "$answer"
}

# one WHAT ID: two things that look the same are not told apart here.
one() {
  case $2 in
    *[[:space:]]*) stop 2 "there are several that could be the $1: $2" ;;
  esac
}

# run COMMAND…: it must succeed. What it prints is of no interest.
run() {
  if answer=$("$@" 2>&1); then return 0; fi
  stop 3 "$answer"
}

unless_gone() {
  if answer=$("$@" 2>&1) || is_gone "$answer"; then return 0; fi
  stop 3 "$answer"
}

unless_there() {
  if answer=$("$@" 2>&1) || is_there "$answer"; then return 0; fi
  stop 3 "$answer"
}

# again COMMAND…: a new role is seen everywhere only after some seconds; until then AWS refuses to name it.
again() {
  tries=0
  while ! answer=$("$@" 2>&1); do
    case $answer in
      *rincipal*|*assume*|*Assume*|*' role'*|*Conflict*|*ResourceNotFound*) ;;
      *) stop 3 "$answer" ;;
    esac
    tries=$((tries + 1))
    if [ "$tries" -ge "${LAKEHOUSE_IAM_TRIES:-12}" ]; then stop 3 "$answer"; fi
    sleep 5
  done
}

# delete_unless WORD COMMAND…: where AWS refuses with that word, what is there is kept.
delete_unless() {
  word=$1
  shift
  if answer=$("$@" 2>&1) || is_gone "$answer"; then return 0; fi
  case $answer in
    *"$word"*) say "  kept, because AWS says: $answer" ;;
    *) stop 3 "$answer" ;;
  esac
}

# ours WHAT COMMAND…: the command prints the name of the setup that made it, from a tag.
ours() {
  what=$1
  shift
  owner=$(known "$@") || exit
  if [ "$owner" != "$setup" ]; then
    stop 2 "the $what is there already, and not made for the setup $setup: rename one of the two, or have its owner remove it"
  fi
}

# ---------------------------------------------------------------- what was there before

# In state/ stands what apply.sh made or replaced, so that take-back.sh takes away nothing else.
mark() { mkdir -p state && : > "state/$1.made"; }
marked() { [ -f "state/$1.made" ]; }
unmark() { rm -f "state/$1.made"; }

# has WORDS WORD…: whether each of the others is among the first ones.
has() {
  words=" $(printf '%s' "$1" | tr '\t\n' '  ') "
  shift
  for word in "$@"; do
    case $words in *" $word "*) ;; *) return 1 ;; esac
  done
}

# may_change MARK WHAT WORDS COMMAND…: whether something without tags must be changed, and may be because apply.sh has made it.
# The command prints what it holds.
may_change() {
  made=$1
  what=$2
  wanted=$3
  shift 3
  holds=$(known "$@") || exit
  # The words are ARNs and ids, so they have no blanks and no stars.
  if has "$holds" $wanted; then return 1; fi
  if marked "$made"; then return 0; fi
  left "the $what was there before, and apply.sh did not make it: it has '$holds', and the setup needs '$wanted'. Ask whoever made it"
  return 1
}

# made_here MARK WANTED COMMAND…: whether apply.sh has made it, or the command prints exactly what apply.sh would make.
made_here() {
  if marked "$1"; then return 0; fi
  wanted=$2
  shift 2
  holds=$(known "$@") || exit
  [ -n "$holds" ] && [ "$(squeezed "$holds")" = "$(squeezed "$wanted")" ]
}

squeezed() { printf '%s' "$1" | tr -d ' \t\r\n'; }

# keep_before NAME FILE COMMAND…: keep the policy that is about to be replaced by that of the file. One that somebody else has
# put may deny what ours does not, so it is replaced only if whoever runs this has said so.
keep_before() {
  kept=state/$1
  file=$2
  shift 2
  live=$(known "$@") || exit
  if same "$live" "$kept.ours" || same "$live" "$file"; then
    if [ ! -f "$kept" ]; then live=''; fi
  elif [ -n "$live" ] && [ "${REPLACE_POLICIES-}" != yes ]; then
    stop 2 "there is another policy, and it would be replaced as a whole, with whatever it denies: look at it, then run this again with REPLACE_POLICIES=yes, which keeps it in $kept, or have the setup merge statements into it instead"
  elif [ -f "$kept" ] && [ -n "$live" ] && ! same "$live" "$kept"; then
    printf '%s\n' "$live" > "$kept.changed"
    say "  somebody has changed the policy since; it is replaced, and what was there is kept in $kept.changed"
  fi
  if [ -f "$kept" ]; then return 0; fi
  mkdir -p state
  printf '%s' "$live" > "$kept.new"
  mv "$kept.new" "$kept"
  if [ -s "$kept" ]; then say "  the policy that was there is replaced, and kept in $kept: take-back.sh gives it back"; fi
}

# keep_ours NAME COMMAND…: keep our policy as AWS tells it, which may be laid out otherwise.
keep_ours() {
  kept=state/$1.ours
  shift
  mkdir -p state
  live=$(known "$@") || exit
  printf '%s' "$live" > "$kept.new"
  mv "$kept.new" "$kept"
}

# ours_still NAME FILE COMMAND…: whether the policy that is there is the one that apply.sh has put. Anything else is somebody's.
ours_still() {
  name=$1
  file=$2
  shift 2
  live=$(known "$@") || exit
  if same "$live" "state/$name.ours" || same "$live" "$file"; then return 0; fi
  if [ -z "$live" ] || same "$live" "state/$name"; then
    forget "$name"
  else
    left "the policy is not the one that apply.sh has put, so it stays: remove the statements of $file from it, if they are in it"
  fi
  return 1
}

forget() { rm -f "state/$1" "state/$1.ours"; }

# ---------------------------------------------------------------- values that are told

# needs NAME PATTERN SENTENCE: the variable must be set, and match a pattern as a whole.
needs() {
  eval "value=\${$1-}"
  if [ -z "$value" ]; then
    stop 2 "set the variable $1 and run this again: $3"
  fi
  case $value in
    *'
'*) stop 2 "$1 has several lines" ;;
  esac
  if ! printf '%s\n' "$value" | grep -Eqx -e "$2"; then
    stop 2 "$1 is '$value', and must match $2: $3"
  fi
}

for_sed() { printf '%s' "$1" | sed -e 's/[\\&|]/\\&/g'; }

# fill FILE NAME VARIABLE: a copy of a document in which the value of a variable stands for <NAME>.
fill() {
  eval "value=\$$3"
  mkdir -p "$filled/$(dirname "$1")"
  source=$1
  if [ -f "$filled/$1" ]; then
    mv "$filled/$1" "$filled/$1.part"
    source=$filled/$1.part
  fi
  sed -e "s|<$2>|$(for_sed "$value")|g" "$source" > "$filled/$1"
}

# ---------------------------------------------------------------- policies that others keep

# same TEXT FILE: whether the file is there and holds the same policy, however it is laid out.
same() {
  [ -f "$2" ] && [ "$(printf '%s' "$1" | tr -d ' \t\r\n')" = "$(tr -d ' \t\r\n' < "$2")" ]
}

left_to_do=''
left() {
  say "  left to do: $1"
  left_to_do=1
}

# merge NAME PUT COMMAND…: put the policy merge/NAME.json where the live one is that it was made from. PUT is a function that
# puts $filled/policy.json.
merge() {
  name=$1
  put=$2
  shift 2
  live=$(known "$@") || exit
  if same "$live" "merge/$name.json"; then
    say '  merged already'
  elif [ -f "merge/$name.existing.json" ]; then
    if same "$live" "merge/$name.existing.json"; then
      cp "merge/$name.json" "$filled/policy.json"
      "$put"
    else
      left "the policy is another one than merge/$name.existing.json: send it back so that it can be merged again"
    fi
  elif [ -z "$live" ] && [ -f "merge/$name.json" ]; then
    cp "merge/$name.json" "$filled/policy.json"
    "$put"
  else
    left "add the statements of merge/$name.statements.json to the policy that is there, unless they are in it"
  fi
}

# unmerge NAME PUT DELETE COMMAND…: give back the policy that the live one was made from, where it has not changed since.
unmerge() {
  name=$1
  put=$2
  delete=$3
  shift 3
  live=$(known "$@") || exit
  if [ -z "$live" ]; then
    :
  elif same "$live" "merge/$name.json"; then
    if [ -f "merge/$name.existing.json" ]; then
      cp "merge/$name.existing.json" "$filled/policy.json"
      "$put"
    else
      "$delete"
    fi
  elif ! same "$live" "merge/$name.existing.json"; then
    left "remove the statements of merge/$name.statements.json from the policy, if they are in it"
  fi
}

# The credentials must be of the account that this folder is for.
check_account() {
  command -v aws > "$filled/.said" || stop 3 'the AWS CLI (the command aws) is not installed here: CloudShell in the AWS console has it'
  is=$(known aws sts get-caller-identity --query Account --output text) || exit
  if [ "$is" != "$account" ]; then
    stop 2 "these credentials are of the account ${is:-(none)}, and this folder is for the account $account: nothing was done"
  fi
}
