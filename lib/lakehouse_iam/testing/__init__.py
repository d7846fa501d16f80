"""For the tests of people who use this library: snapshots of CloudFormation. Needs the extra `testing`."""
