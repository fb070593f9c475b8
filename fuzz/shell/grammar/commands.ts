/**
 * Texts of simple commands and of redirections.
 *
 * @module
 */
import { LAST, lines, SELF } from "./texts.ts";

/** Pieces of formats of `printf`. */
export const FORMATS: readonly string[] = [
  ..."%s %d %5s| %-5s| %x %o %c %b %% %05d %.2s a \\n \\t %i %u %X %+d %*d".split(" "),
  ..."\\101 \\x41 \\c %e %.1f %z %q % %-*s| %ld \\\\ \\0101 %.*s".split(" "),
  "% d",
];

/** Tests of files. */
export const FILE_TESTS: readonly string[] =
  "-e -f -d -s -r -h -x -p -t -u -w -b -c -g -k -L -O -G -S".split(" ");

/** `[` with few or odd arguments. */
export const ODD_TESTS: readonly string[] = lines(String.raw`
[ ! ]
[ -n ]
[ = ]
[ a = ]
[ ! = a ]
[ -f = a ]
[ ! a = b ]
[ ! ! a ]
[ \( a \) ]
[ \( a = a \) ]
[ \( = \) ]
[ a -a ]
[ -z -a -z ]
[ ! -a ! ]
[ a b ]
[ a b c ]
[ a = b c ]
[ 1 -eq a ]
[ 1 -eq '' ]
[ 1 -eq ' 1 ' ]
[ f1 -nt nofile ]
[ f1 -ot ab ]
[ f1 -ef ./f1 ]
[ a
[ a ]]
test
test !
test ]
`);

/** Options of the shell. */
export const SETS: readonly string[] = lines(`
set -u
set -f
set +f
set -e
set +e
set -C
set +u
set -a
set +C
set +a
set -o pipefail
set +o pipefail
set -x
set +x
set -o nounset
set -o nosuch
set -o errexit
set +o noglob
set -k
set -E
PS4='+ $LINENO '
set -v
set -ef
set -eu
set -b
set -o | grep -e errexit -e noglob
set +o | grep -e noclobber -e allexport
set | grep '^[xyz]='
set - a b
set +
set a -b c
set -n
`);

/** Directories, masks and what else a shell keeps. */
export const DIRECTORIES: readonly string[] = lines(`
cd d
cd ..
cd nodir
cd -
cd .
pwd >/dev/null
cd ''
cd d/..
umask 027
umask
umask -S
umask u=rwx,g=
umask 9
hash
hash -r
hash nocmd
times >/dev/null
jobs
cd a b
CDPATH=. cd d
CDPATH=d:. cd d
cd -P d
cd -L ..
p "\${PWD##*/}" "\${OLDPWD##*/}"
fg
bg
ulimit -c
sleep 0
`);

/** Traps and signals. */
export const TRAPS: readonly string[] = lines(`
trap 'p trap' EXIT
trap 'p usr' USR1
kill -USR1 ${SELF}
trap - USR1
trap '' USR1
trap
trap 'p e $?' EXIT
trap - EXIT
trap 'p err' ERR
trap nosuch NOSIG
trap 0
trap 'echo t; exit 5' EXIT
trap 'return 4' USR1
(trap 'p sub' EXIT)
(trap 'p sub $?' EXIT; exit 3)
x=$(trap 'p sub' EXIT)
p "$(trap)"
kill -0 ${SELF}
trap 'p i' INT; kill -INT ${SELF}
trap 'p t $?' TERM; (exit 3); kill ${SELF}
trap 'p h' HUP; trap
trap 'p a' 1 2 15; trap - 2; trap
trap -- '' INT; trap
trap 'break' USR1
trap 'x=trapped; set -- t' USR1
trap "trap 'p two' USR1" USR1
kill -USR2 ${SELF}
kill -TERM ${SELF}
kill -l 9
kill -l TERM 1 130
kill -NOSIG ${SELF}
kill -USR1 99999
trap 'kill -USR1 ${SELF}' EXIT
trap 'p r' RETURN
trap 'p d' DEBUG
(kill -TERM ${SELF}); p $?
trap 'p x; trap - EXIT; exit 7' EXIT
trap 'false' EXIT
`);

/** File descriptors that are opened, moved and closed. */
export const DESCRIPTORS: readonly string[] = lines(`
exec 3>f2
exec 3>&-
echo to3 >&3
exec 4<f1
exec <f1
exec 2>&1
exec >>f2
exec 3>&1
exec 3<>f2
read x <&3
exec 5>&9
exec nocmd
exec echo last
exec >nodir/f
exec 3<&0-
exec 3<f2; read x <&3; read y <&3
exec 2>/dev/null
command exec 3>nodir/f
{ echo a; echo b >&2; } 3>&1 1>&2 2>&3 3>&-
echo a 3>&1 >&3 3>&-
echo a >f1 >f2
<f1 cat
>f1
x=1 >f1
>&2 echo err
cat f1 f2 <&-
p a 3>&1 4>&3 >&4
exec 9>f2; echo nine >&9; cat f2
(exec 3>&1; echo in >&3)
`);

/** Builtins and how they are called wrongly. */
export const BUILTINS: readonly string[] = lines(`
export x
export -p | grep ' _b'
readonly -p
local x y=1
local
local -
export -n x
export 1a=2
readonly 1a
export a-b
unset 1a
local x=
type p
type cd
command -v p
command -v if
command -V :
type nocmd
type [[
command p a
command -v nocmd
command echo c
type -p x
command -p echo d
type cat
command -V cat
command -v cat echo
command -V p if nocmd
command
command -x
command : >nodir/f
command . nofile
command eval 'if'
command readonly x
: >nodir/f
. nofile
. ./f1
eval 'if'
eval ')'
eval
eval 'return 3'
eval 'x=1' 'p e'
. /dev/stdin </dev/null
shift a
shift 1 2
getopts a
getopts : o
wait 99999
wait x
wait
exit 300
return -1
break 0
continue a
(exit)
(return 3)
(break)
\\p a
'p' a
"if" a
time -p : 2>/dev/null
builtin echo a
let
let 1 0
let 'a1=3' 'a1==3'
history -c
p $FUNCNAME
p "\${#FUNCNAME}"
x=5 p $x "$x"
x=1 :
x=1 exec
x=1 export y
x=\`exit 3\`
x=$(exit 3) y=$(exit 4)
x= y=$?
`);

/** Text that other shells know and ash has its own idea of. */
export const FOREIGN: readonly string[] = lines(`
x+=1
a=(1 2)
x[0]=1
echo {1..3}
(( x++ ))
echo $[1+1]
typeset x
declare -i x
echo $"a"
echo a &>>f2
echo a >& f2
echo x 2>&1-
cat <<<x
a |& cat
select x in a; do break; done
for ((i=0;i<1;i++)); do :; done
case a in a) p 1;& b) p 2;; esac
case a in a) p 1;;& esac
function f-g { p; }; f-g
f-g() { p; }
1f() { p; }
coproc cat
[[ -v x ]]
[[ (a = b) ]]
printf -v x 1
echo \${x,,} \${x^^}
echo \${!x*}
echo \${x@Q}
exec -a n p
time { :; }
until false; do break; done
if :; then fi
while :; do done
{ }
( )
! 
! !
;
&
;;
}
)
fi
done
esac
then
do
{
(
if
if :
while
for
for x
for x in
case
case x
case x in
function
f(
f()
f(x) { :; }
p a; ; p b
p a &; p b
p a && 
p a |
| p
&& p
p &&& p
p ||| p
>
<
2>
<<
<>
>&
echo >
`);

/** Options of `read`. */
export const READ_FLAGS: readonly string[] = lines(`
-r
-n 3
-d :
-rn2
-p P
-d ''
-rd b
-s
-n 0
-u 0
-r -d x
-t 5
-n1
-rsn 2
-n x
-t x
-u 9
-q
-N 1
-a
`);

/** Redirections; one of them announces a here-document. */
export const REDIRECTIONS: readonly string[] = lines(`
>f1
>>f1
2>&1
<f1
>&2
2>/dev/null
</dev/null
>f2
<nofile
>d
3>&1
2>&1 >f1
>f1 2>&1
<>f1
>|f1
&>f1
1>&2 2>&1
>&-
<&-
3<f1
>&3
2>&-
>f$x
>"$x$y"
<$z
>&$x
>nodir/f
4>&1 >&4
9<&0
<&9
>'b c'
2>f2 >&2
3>&1 1>&2 2>&3
3>&1 >&3 3>&-
1>>f2 2>>f2
10>f2
3>f2 >&3
<>f2 >&0
1<>f2
>$(echo f2)
>"$@"
>*
>~/nofile/f
>&f2
2>&$#
&>/dev/null
<f1 <f2
>|nodir/f
3<&0 <&3
4<<E
`);

/** Jobs and what `wait` says of them. */
export const JOBS: readonly string[] = lines(`
kill %1
jobs %1
wait %1
sleep 3 & kill ${LAST}; wait ${LAST}; p $?
(exit 3) & (exit 4) & wait; p $?
(exit 3) & a=${LAST}; : & wait $a; p $?
(exit 5) & wait -n; p $?
sleep 3 & kill -USR1 ${LAST}; wait ${LAST}; p $?
(exit 3) & wait ${LAST} 99999; p $?
(exit 3) & wait ${LAST}; wait ${LAST}; p $?
false & wait %1; p $?
: & wait; jobs
{ (exit 2); } & wait ${LAST} || p $?
`);
