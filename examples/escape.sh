# What a hostile script would try next. Every line must be refused; `deno task demo` checks that.
tries=0 refused=0

try() {
  tries=$((tries + 1))
  printf '$ %s\n' "$*"
  sh -c "$*" 2>&1
  case $? in
    0) printf 'THE SANDBOX LEAKS\n' ;;
    127) printf 'could not be tried\n' ;;
    *) refused=$((refused + 1)) ;;
  esac
}

try 'cat /data/../../README.md'
try 'cat /../../../../../README.md'
try 'ln -s /../deno.json /tmp/way-out && cat /tmp/way-out'
try 'echo gotcha >>/data/access.log'
try 'rm -f /data/access.log && ls /data/nothing'
try 'cat /proc/self/root/../README.md'
try 'wget -q -O - http://192.0.2.1/'

printf '\n%d of %d attempts refused\n' "$refused" "$tries"
[ "$refused" -eq "$tries" ]
