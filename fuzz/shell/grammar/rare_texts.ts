/**
 * Texts for `rare.ts`, whose places it fills: one command or list of commands in each line.
 *
 * @module
 */
import { lines, SELF } from "./texts.ts";

/** The pieces of a text block, one in each line, in which `¶` stands for a newline. */
function listed(block: string): readonly string[] {
  return lines(block).map((line) => line.replaceAll("¶", "\n"));
}

/** Bytes that are no letters, alone and in company. */
export const BYTES: readonly string[] = [
  ..."\x01 \x02 \x07 \x08 \x0b \x0c \x1b \x7f \x80 \x81 \x82 \x83 \x84 \x85 \x86 \x87 \x88".split(
    " ",
  ),
  ..."\x89 \x8a \x9f \xa0 \xff \xfe \xc3 \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xe2\x82".split(
    " ",
  ),
  ..."\xc3\x28 \r a\rb \xc2\xa0 \xc2\x85 a\x81b \x81* *\x84 \xc3\xa9\xc3\x89 \xed\xa0\x80".split(
    " ",
  ),
  ..."e\xcc\x81 \xe3\x80\x80 \xff\xff \x88\x88 \x82x\x83 \xc0\x80 \xef\xbb\xbf \xce\xb1".split(" "),
];

/** Functions: their traps, options and names. */
export const FUNCTIONS: readonly string[] = listed(String.raw`
ff() { trap 'p in $?' EXIT; §C; }; ff; p out; trap
ff() { trap 'p usr; return 4' USR1; kill -USR1 ${SELF}; p after; }; ff; p $?
ff() { local -; set -f; set -- *; p "$@"; }; ff; p *; p $-
ff() { local -; set -ue; §C; }; ff; p $-
ff() { local IFS=:; set -- $x a:b; p "$*"; }; ff; p "$*"
ff() { local §X; p "$§X"; §X=in; }; §X=out ff; p "$§X"
ff() { local §X=$§X; readonly §X; }; ff; §X=1; p $?
ff() { unset -f ff; p once; }; ff; ff
ff() { ff() { p second; }; p first; }; ff; ff
ff() { return; }; false; ff; p $?
ff() { return $1; }; ff 7; p $?; ff a; p $?
ff() { set -- "$@" z; shift; p "$#"; }; set -- 1 2; ff a b; p "$@"
ff() { for i in 1 2 3; do gg $i || return 5; done; }; gg() { [ $1 -lt 2 ] || break; }; ff; p $?
ff() { break; }; for i in 1 2; do ff; p $i; done
ff() { continue; }; for i in 1 2; do ff; p $i; done
cd() { p cd "$@"; command cd "$@"; }; cd d; pwd >/dev/null; unset -f cd
test() { p test "$@"; }; test a; [ a ]; unset -f test; test a
export() { p mine; }; export x; unset -f export
ff() { §C; } >f2 2>&1; ff; cat f2
ff() { cat; } <f1; echo a | ff
ff() { p "$LINENO" "$0" "$1"; }; ff §W
ff() { local x=1; gg; p "$x"; }; gg() { x=2; }; ff; p "$x"
ff() { local x; unset x; p "§{x-unset}"; x=3; }; ff; p "$x"
ff() { x=new §C; p "$x"; }; x=pre ff; p "$x"
ff() { local x=1 x=2; p $x; }; ff; p $x
ff() { local "$@"; p "$x" "$y"; }; ff x=1 'y=a b' ; p "$y"
ff() { eval "return 3"; p no; }; ff; p $?
ff() { . ./s2; p no; }; echo 'return 6' >s2; ff; p $?
ff() { trap 'p err $?' ERR; false; (exit 3); §C; }; ff; false
ff() if §C; then p y; fi; ff
ff() for a; do p "$a"; done; ff a b
ff() (( 1 + 1 )); ff
ff() while :; do break; done; ff; p $?
ff() case $1 in a) p A;; esac; ff a
ff() [[ a = a ]]; ff
function ff { p "$FUNCNAME"; }; ff
function ff() { p k; }; ff
ff() { :; }; unset ff; ff; unset -f ff; ff
ff() { getopts ab o && p $o && getopts ab o && p $o; }; ff -ab; ff -b
ff() { exec 3>&1; }; ff; echo to >&3
ff() { local x; read x; p "$x"; }; echo in | ff; ff <f1
ff() { p "$@"; }; ff "$@" "$*" $@ "§{@:2}" "§{@#a}"
ff() { return 3; }; x=$(ff) || p $?; ! ff; p $?; ff && p a || p b $?
if() { p; }
a.b() { p dot; }; a.b
a=b() { p; }
$x() { p; }
"ff"() { p; }
:() { p colon; }; :; unset -f :
return() { p r; }; return 3
`);

/** Traps and statuses. */
export const TRAPS: readonly string[] = listed(String.raw`
trap 'p 1; trap "p 2" EXIT' EXIT
trap 'p e $?; (exit 3)' EXIT; false
trap 'p e $?; exit' EXIT; exit 4
trap 'p e $?; false; exit' EXIT; exit 4
trap 'p err $? $LINENO' ERR; false; ! true; false || true; if false; then :; fi
trap 'p err; false' ERR; false; p $?
trap 'p err' ERR; (false); x=$(false); false | true; true | false
trap 'p err' ERR; set -e; false; p no
trap 'p x $?' EXIT; set -e; §C; false
trap 'p x $?' EXIT; set -u; p $nothing
trap 'p usr $?' USR1; (exit 3); kill -USR1 ${SELF}; p $?
trap 'exit' TERM; (exit 3); kill ${SELF}
trap '' TERM; (kill ${SELF}); kill ${SELF}; p alive
trap 'p t' USR1; (trap; kill -USR1 ${SELF}); p $?
trap 'p t' USR1; trap | cat; x=$(trap); p "$x"
trap 'p "$1" $#' USR1; set -- a b; kill -USR1 ${SELF}
trap 'set -- n' USR1; set -- a b; kill -USR1 ${SELF}; p "$@"
trap "p it\'s" USR1; trap; trap -- - USR1; trap
trap 'p a¶p b' USR1; trap; kill -USR1 ${SELF}
trap 'break' USR1; for i in 1 2; do kill -USR1 ${SELF}; p $i; done
trap 'continue' USR1; for i in 1 2; do kill -USR1 ${SELF}; p $i; done
trap 'return' USR1; kill -USR1 ${SELF}; p after
trap 'x=$(p sub); p "$x"' USR1; kill -USR1 ${SELF}
trap 'p out' EXIT; (p sub); (exit 3); { p brace; }
trap 'p out' EXIT; (trap; trap - EXIT); x=$(trap 'p in' EXIT; p y); p "$x"
trap 'p out' EXIT; exec 3>&1; exec echo last
trap 'p out' EXIT; exec nocmd
trap '(trap "p two" EXIT; p one); p three' EXIT
trap 'p e' EXIT; kill -TERM ${SELF}
trap 'p e' EXIT INT; kill -INT ${SELF}
trap 'p z' ZERR
trap p 0 1 2; trap
trap a b c
trap 'p' 64; trap 'p' 65; trap; trap - 64
trap 'p' SIGUSR1; trap 'p' sigusr1; trap 'p' usr1
trap '(' EXIT
trap 'p in; if' USR1; kill -USR1 ${SELF}; p after
trap 'p "$(false)$?"' EXIT; (exit 2)
trap 'p e' EXIT; sh -c 'trap "p f" EXIT; exit 3'; p $?
trap 'echo $LINENO' EXIT
trap 'kill -USR1 ${SELF}' USR2; trap 'p one' USR1; kill -USR2 ${SELF}; p two
trap 'p chld' CHLD; (exit 3); : | :; p after
kill -l 0; kill -l 128; kill -l 143; kill -l 99; kill -l a
kill -s USR1; kill -s nosuch ${SELF}; kill; kill -0
kill -s 0 ${SELF}; p $?; kill -n 0 ${SELF}; p $?
trap -l | head -n 1; trap -p
trap 'p q' QUIT; trap '' 3; trap; trap 3; trap
`);

/** Names that are looked up, and what commands there are. */
export const LOOKUPS: readonly string[] = listed(String.raw`
command -v if; command -v p; command -v cat; command -v :; command -v nocmd; p $?
command -V if; command -V p; command -V cat; command -V :; command -V nocmd; p $?
type if p cat : nocmd; p $?
type ! { } [[ ]] case in do function time select
type ./s1 /bin/cat /nofile d ''
command -v ./s1 /bin/cat /nofile d ''; p $?
command -pv cat; command -pV :; command -vV cat
command -v ''; p $?; type ''; p $?
command -- p; command -p cat f1; command -z
alias q1=p; command -v q1; command -V q1; type q1; unalias q1
hash cat; hash; hash -r; hash; hash -v
hash cat ls nocmd; p $?; hash | sort
PATH=/bin:.; echo 'p() { :; }; echo in $0 $1' >cmd1; chmod +x cmd1; cmd1 a; . cmd1 b; hash
PATH=d; p a; cat f1; PATH=/bin
PATH= cat f1; p $?; PATH=:/bin cat f1
./d; p $?; ./nofile; p $?; ./f1; p $?; d/; p $?; /; p $?
>e1; chmod +x e1; ./e1; p $?
echo '#!/bin/sh -e' >e1; echo 'false; echo no' >>e1; chmod +x e1; ./e1; p $?
echo '#!/no/such' >e1; chmod +x e1; ./e1; p $?
echo '#!/bin/cat' >e1; chmod +x e1; ./e1 f1; p $?
printf '\177ELF\1\2' >e1; chmod +x e1; ./e1; p $?
printf 'a\0b\n' >e1; chmod +x e1; ./e1; p $?
echo 'echo $#' >'a b'; chmod +x 'a b'; './a b' 1 2; 'nocmd x'; ''; p $?
\cat f1; 'cat' f1; c"a"t f1; ""cat f1
$x; $nothing; $nothing p a; "$nothing"; p $?
exec; p $?; exec 3>f2; exec nocmd; p no
command exec nocmd; p $?
command eval 'p $('; p $?
command . ./nofile; p $?; . ./nofile; p no
. ./d; p $?
. s1; p $?
echo 'p "$@"; set -- n; return 3' >s2; set -- a b; . ./s2; p $? "$@"; . ./s2 c; p $? "$@"
builtin p; enable; declare x; caller; compgen
umask 22; umask -S; umask u+x; umask; umask a=rx,g-w; umask -S; umask =; umask; umask 022
umask u=g; umask; umask +x; umask -S; umask 1777; umask; umask 8; umask -x; umask g; umask 022
umask 077; >g1; umask 0; >g2; stat -c %a g1 g2; umask 022
ulimit -n 50 && ulimit -n; ulimit -n 40 && ulimit -Sn && ulimit -Hn; ulimit -n abc; ulimit -n -1
ulimit -z; ulimit -c 0; ulimit -c; ulimit -f
ulimit -a | wc -l; ulimit -a | cut -c 1-26 | head -n 3
times | wc -l; times a >/dev/null; p $?
help | wc -l; help | head -n 1
pwd -P; pwd -L; pwd x; pwd -z; cd -z
ln -s d l1; cd l1; pwd; pwd -P; cd ..; cd -P l1; pwd; cd -L ..; pwd
mkdir -p g/h; cd g/h; rmdir ../h; pwd; cd .; cd ..; pwd
unset HOME; cd; p $?; HOME=; cd; p $?; HOME=/root
unset OLDPWD; cd -; p $?; OLDPWD=nodir; cd -; p $?
CDPATH=/tmp:; cd d; pwd; cd ..; CDPATH=
cd ./d; cd ../d; cd d/../../v; p $?; cd //; pwd; cd ///; pwd
cd / ; cd tmp; p "$OLDPWD"; cd -; cd - >/dev/null; p "$PWD"
readonly PWD; cd d; p $?
test -x /bin/cat && test -x d && ! test -x f1; p $?
`);

/** Descriptors, and loops that read. */
export const DESCRIPTORS: readonly string[] = listed(String.raw`
exec 3>f2; for i in 1 2; do echo $i >&3; done; exec 3>&-; cat f2
exec 3<&0; printf 'a\nb\n' | while read l <&0; do p $l; done; exec 3<&-
printf '1\n2\n3\n' >f2; while read -r l <&3; do p $l; read m; p "$m"; done 3<f2 <f1
printf '1\n2\n3\n' >f2; exec 4<f2; read -u 4 a; read b <&4; p $a $b; cat <&4; exec 4<&-
printf '1\n2\n' | { read a; p $a; cat; }
printf '1 2:3\n' | { IFS=: read a b; p "$a" "$b"; p "$IFS"; }
printf 'a\\\nb c\n' | { read a b; p "$a" "$b"; }
printf 'a\\\nb c\n' | { read -r a b; p "$a" "$b"; }
printf 'ab\0cd\n' | { read a; p "$a"; }
printf 'abcdef' | { read -n 3 a; p "$a"; read -n 9 a; p "$a" $?; }
printf 'a:b:c' | { read -d : a; p "$a" $?; read -d '' b; p "$b" $?; }
printf '  a  b  \n' | { read a; p "$a"; }
printf '  a  b  \n' | { read; p "$REPLY"; }
printf ':a::b:\n' | { IFS=: read a b; p "$a" "$b"; }
printf 'a:b:\n:\n\n' | while IFS=: read a b c; do p "$a" "$b" "$c"; done
printf 'a\tb \t c\n' | { IFS='	' read a b; p "$a" "$b"; }
printf '§B §B\n' | { read a b; p "$a" "$b" "§{#a}"; }
printf '\\§Ba\\ b\n' | { read a b; p "$a" "$b"; }
printf 'x\n' | read x; p $x; read 1a </dev/null; p $?; readonly r1; echo a | read r1; p $?
read x y <<E ; p "$x" "$y"§H
while read a; do p "$a"; cat; done <<E§H
{ exec 1>&2; p err; } 2>&1
{ p a >&3; } 3>&1 | cat
{ { p a; p b >&2; } 2>&1 >&3 | sed 's/^/e:/'; } 3>&1
p a >&1 2>&1; p b 2>&1 >&2
p a >f2 >>f2; cat f2; p b >>f2 <f2; cat f2
p a 12>f2 >&12; cat f2; p b 255>f2 >&255; cat f2
p a 999>f2; p $?; p a >&999; p $?
p a 3>&4; p $?; p a >&-; p $?; cat <&-; p $?
exec 3>&1 >f2; p hidden; exec >&3 3>&-; cat f2
exec 5<<E; cat <&5; exec 5<&-§H
exec 5<<E 6<<E; cat <&6; cat <&5§H§H
cat <<E; cat <<E; p $?§H§H
cat <<E | cat - f1; p $?§H
cat <<E && cat <<-E || p no§H§H
if cat <<E; then p y; fi§H
ff() { cat <<E; }§H
for i in a b; do cat <<E; done§H
x=$(cat <<E¶§E§B¶E¶); p "$x"
: <<E; p $?§H
set -C; p a >f1; p $?; p b >|f1; p c >>f1; p d >g1; p e >g1; p $?; cat f1 g1
p a >d; p $?; : <nofile; p $?; { :; } <nofile; p $?; (:) <nofile; p $?; if :; then :; fi <nofile; p $?
>$nothing; p $?; >"$nothing"; p $?; p a >'' ; p $?
p a > f1 b 2> f2 c; cat f1
<f1 p a; >f2 <f1 cat
p a &>f2; cat f2; p a >&f2; cat f2
x=f2; p a >$x; p b >>"$x"; cat <$x; y='a b'; p c >$y; p $?
p a <>f2; cat f2; echo z 1<>f2; cat f2
p a 2>&1 3>&2 | cat; p b 3>&1 1>&3 3>&-
cat < <(echo a) <(echo b); p $?
cat <(cat <(echo deep)) <(echo $x); p $?
echo a > >(cat); p $?
test -p <(:) && p pipe; [ -e <(:) ]; p $?
cmp <(echo a) <(echo a); p $?; cmp -s <(echo a) <(echo b); p $?
x=<(echo a); p "§{x%%[0-9]*}"
exec 2>&-; nocmd; p a >&2; p $?
exec <nofile; p no
exec >d; p $?
exec 3<f1 4>d; p no
{ exec >f2; p in; }; p out; cat f2 >&2
(exec >f2; p in); p out; cat f2
`);

/** Places of fields, patterns and replaced text. */
export const EXPANSIONS: readonly string[] = listed(String.raw`
IFS=§B; set -- $x a§Bb; p "$*" $*; unset IFS
IFS='§B'; x='a§Bb§B'; p $x "$*"; set -- a b; p "$*" "§{*}" $@; unset IFS
IFS='\'; x='a\b\\c'; p $x; read a b <f1; unset IFS
IFS=1; p $((10+1)) $((212)) "$((313))"; unset IFS
IFS='*'; x='a*b'; p $x; set -- a b; p $* "$*"; unset IFS
IFS=; x='a b'; p $x $@ $*; unset IFS; p $x "$*"
IFS=' :'; x=' a : b  c :: d '; p $x; unset IFS
IFS=': '; x=':a'; p $x; x=': a: '; p $x; unset IFS
unset IFS; p "§{IFS-unset}" $x; IFS=; p "§{IFS-unset}"; unset IFS
local IFS=x; IFS=b eval 'p $x'; p $x; IFS=b p $x; IFS=b; p $x; unset IFS
set -- 'a b' '' c; p $@ $* "$@" "$*" x"$@"y "x$*y" $1$2; p §{1+"$@"}
set --; p $@ "$@" "$*" x"$@" "$@$@" "§{@:-none}" §{1+"$@"}
set -- a; p "§{@:-x}" "§{@+y}" "§{*-z}" "§{#@}" "§{#}" "§{#1}"
set -- abc b*c; p "§{@#a}" "§{@%c}" "§{*/b/X}" "§{@//b/X}" §{@/#a/Y} "§{@:1:1}"
set -- 1 2 3 4 5 6 7 8 9 10 11; p $10 §{10} §{11} "§{@:9}" "§{@: -2}" "§{@:0:2}"
x=a/b/c; p §{x/b/X}; p §{x//\//-} ; p "§{x/\//_}"; p §{x/#a/Z}; p §{x/%c/Z}
x=a/b/c; p §{x//"/"/.} ; p "§{x//[\/]/}" ; p §{x/*\/}; p §{x//\/b}
x='a*b*'; p "§{x/'*'/S}" "§{x//\*/S}" "§{x/"*"b/S}" "§{x/[*]/S}"; p "§{x//'*'}"
x=aXbXc; y=X; p §{x/$y/$y$y} "§{x//"$y"/'$y'}" "§{x/X/\$y}" "§{x/X/"$y z"}" "§{x/X/a\}b}"
x='a b'; p §{x/ /_} §{x/ /"  "} "§{x/ /  }" §{x// }; p §{x/b/c d}
x=aaa; p §{x/a/} §{x//a/b} §{x//aa/b} §{x/#/b} §{x/%/b} §{x/a*/b} §{x//a?/b}
x='§B'; p "§{#x}" "§{x#?}" "§{x%?}" "§{x:1}" "§{x:0:1}" "§{x/§P/Z}" "§{x//?/.}"
x=a§Bb; p $x "$x" §{x#a} "§{x%b}" §{x/§B/-}; case $x in a?b) p one;; a??b) p two;; a*b) p any;; esac
case §B in [[:alpha:]]) p alpha;; [[:cntrl:]]) p cntrl;; [[:print:]]) p print;; [[:space:]]) p space;; ?) p one;; *) p more;; esac
case "§B" in §B) p same;; esac; [[ '§B' = §B ]]; p $?; [ "§B" = §B ]; p $?; [[ '§B' < §B ]]; p $?
>'§B'; p *; p ?; p [!a-z]*; p "§B"*; rm -f '§B'
p '§B'"§B"§B $'§B' "$(printf '§B')" ´printf '§B'´ §{nothing:-§B} "§{nothing:-§B}"
printf '%s|%5s|%-5s|%.1s|%b|%c\n' '§B' '§B' '§B' '§B' '§B' '§B'; echo -e '§B\n§B'; echo '§B'
x='§B§B'; p "§{x##*§B}" "§{x%%§B*}" "§{x#"§B"}" "§{x%'§B'}"; p §{#x}; p "§{x:1:2}" "§{x: -1}"
eval 'x=§B; p "$x"'; export x; sh -c 'printf "%s\n" "$x"'; export -p | grep ' x='; set | grep '^x='
x=" a'b"; export x; export -p | grep ' x='; readonly x; readonly -p | grep ' x='; set | grep '^x='; alias q="$x"; alias q
x='a¶b'; export x; export -p | grep -A1 ' x='; set | grep -A1 '^x='; p "$x" $x; trap "$x" USR1; trap; trap - USR1
x='\'; p "$x" $x "§{x#\\}" §{x%'\'} "§{#x}"; case $x in \\) p bs;; esac; x='\*'; p $x "$x"; case '*' in $x) p star;; esac
x='[a]'; p $x "$x" [a]*; case a in $x) p cls;; "$x") p lit;; esac; case '[a]' in "$x") p lit;; esac; y='?'; p $y
p * .* */ */* ./* d/../* ** [a-c]* [!a]* [^a]* \** '*'* *[*]* ?? "b c"* b\ * b?c
>a1; >a2; >A1; >-n; >'[x]'; >'a*'; p a[0-9] [A-Z]* [[:upper:]]* -* \[x] [[]* a\* a'*' a[*] a[!1] [a-]*
mkdir -p d/e; >d/e/f; p d/* d/*/ d/*/f */*/* d/[e]/* d//e/* d/./* d/\*  "d"/* d/e*/../*
set -f; p * "$y"; set +f; p f*; y='f*'; p $y "$y"; x=$y; p $x; for i in $y; do p $i; done; case f1 in $y) p m;; esac
p ~ "~" ~/a ~root ~nouser '~' \~ a~ x=~ x=~:~ ~+ ~- ~/"*" "$(echo ~)" §{nothing:-~} §{nothing:-~/x}; HOME=/h; p ~ ~/b; HOME=; p ~ ~/c; HOME=/root
x=~ y=a:~/b:~root z='~' ; p "$x" "$y" "$z" $z; export x=~ ; p "$x"; x=a=~ ; p $x; readonly -- q=~; p $q
p {a,b} {1..3} a{b,c}d {a {,} {} }a §{x}{a,b} '{a,b}'
p "a"'b'c\d "a\b\$\\" 'a\b' \a\ \b a\¶b "c\¶d" 'e\¶f'
p "$(p "$(p "$x")")" $(p $(p a b)) "$(echo 'a b'; echo; echo)" $(echo 'a b')c x$(echo)y "$(printf 'a\n\n\n')" "$(printf '\n\na')"
p ´echo a´b´echo c´ "´echo "d e"´" ´echo \´echo f\´´ "$(echo "$(echo ")")")" $(echo \)) $( (echo sub) ) $({ echo br; })
p $(case a in a) echo y;; esac) $(case a in (a) echo z;; esac) "$(echo '#'; echo a # )¶)" $(cat <f1) $(<f1) $(:) $()
p "§{x:-"a b"}" §{x:+"a b"} §{nothing:-a b} §{nothing:-"a b"c} §{nothing-'a b'} "§{nothing-'a b'}" "§{nothing:-\"}" §{nothing:-\}} §{nothing:-'}'}
p §{nothing:=a b} "$nothing"; unset nothing; p "§{nothing:=a  b}" $nothing; unset nothing; p §{nothing="$@"} ; unset nothing; p §{1:=a}
p §{x?} §{nothing+set} §{#nothing} §{nothing#a} "§{nothing%b}" §{nothing:1} §{nothing/a/b} ; set -u; p §{nothing-ok}; p §{nothing§P}
p §{#x} §{#} §{#?} §{##} §{#@} §{#*} §{#-} "§{#:-}" §{?} §{-:+set} $# $?
p $LINENO; p \¶$LINENO; eval 'p $LINENO¶p $LINENO'; x="¶$LINENO"; p "$x"; p "$(p $LINENO¶p $LINENO)"
LINENO=7; p $LINENO; unset LINENO; p $LINENO; LINENO=a; p $LINENO; local LINENO=3
p "$_"; p a b; p "$_"; : c; p "$_"; x=$_; p $x; (p d); p "$_"
p $1a $11 "$1" §{1}1 $x_ §{x}_ $xy "$x"y $-a >/dev/null; p $x$ $ "$" "$ " $'a'$"b" "$'a'" $
p a#b #c
p 'a'#b "c" #d '
p "a#b" \#c # d
`);

/** Arithmetic. */
export const ARITHMETIC: readonly string[] = listed(String.raw`
a1=5; p $((a1+=2)) $((a1-=1)) $((a1*=3)) $((a1/=2)) $((a1%=4)) $((a1<<=3)) $((a1>>=1)) $((a1|=1)) $((a1&=7)) $((a1^=2)) $a1
a1=3; p $((a1++)) $((a1--)) $((++a1)) $((--a1)) $((a1++ + ++a1)) $((- -a1)) $((-a1)) $((!a1)) $((!!a1)) $((~a1)) $a1
p $((1?2:3)) $((0?2:3)) $((1?0?2:3:4)) $((0?1:0?2:3)) $((1||0&&0)) $((1,2,3)) $(((1))) $((1==1==1)) $((2**3**2)) $((-2**2))
a1=0; p $((1||a1++)) $((0&&a1++)) $((1?a1:a1++)) $((0?a1++:a1)) $((0||(a1=4))) $a1
x=y y=z z=3; p $((x)) $((x+1)); x=1+2; p $((x*2)) $(($x*2)); x=x; p $((x)); p after
x=' 5 '; p $((x)) $(($x)); x=; p $((x)) $((x+1)); unset x; p $((x)); x=a; p $((x)); x='1 2'; p $((x))
p $((9223372036854775807+1)) $((-9223372036854775808)) $((9223372036854775808)) $((99999999999999999999)) $((-9223372036854775807-1))
p $((0x7fffffffffffffff)) $((0xffffffffffffffff)) $((0x)) ; p $((0777)) $((08)); p after
p $((2#101)) $((36#zz)) $((64#@_)) $((2#2)); p $((65#1)); p $((1#0)); p $((10#))
p $((1<<63)) $((1<<64)) $((1<<-1)) $((-1>>1)) $((1>>64)) $((5%3)) $((-5%3)) $((5%-3)) $((-5/2))
p $((1/0)); p after
p $((1%0)); p after
p $((-9223372036854775808/-1)) $((-9223372036854775808%-1)); p after
p $((2**-1)); p after
p $((1 +)); p after
p $(( )) $((  1  )) $((	1¶+¶2)) $((1+(2*3))) $(( (1) + (2) ))
p $((a=1,b=2,a+b)) $a $b; p $((a1=b=3)) $a1 $b; p $((1=2)); p after
p $((x y)); p after
p $((1 2)); p after
p $((a.b)); p after
p $((1.5)); p after
p $((§A)); p after
x='§A'; p $((x)); p after
let a1=5 a1+=2 'a1 *= 3'; p $? $a1; let 0; p $?; let; p $?; let 'a1 = 1 ?'; p $?
let '§A'; p $? $x $a1
a1=1; while [ $((a1<<=1)) -lt 9 ]; do p $a1; done; until [ $((a1-=5)) -lt 0 ]; do p $a1; done
p $(($#+$?)) $((§{#x}+1)) $((§{nothing:-4}*2)) $(($(echo 3)+´echo 4´)) $((a1[0])); p after
p $((\a)) ; p after
p $(("1"+'2')); p after
p $((1¶+2)) "$((3+¶4))" $LINENO
readonly r1=4; p $((r1)); p $((r1++)); p after
p $((RANDOM*0)) $((LINENO)) $((OPTIND)) $((_)) ; p $((@)); p after
p $((1<2>1)) $((1<=2!=0)) $((5&3|8^1)) $((!0+1)) $((~0)) $((+-+1)) $((- - 1)) $((1- -1)) $((1--1)); p after
p $((010+0x10)) $((00)) $((0)) $((-0)) $((1e3)); p after
p $[1+1] $((1)) $(( 1)+(2)) $((echo a) ) "$((echo b); echo c)"
((1)); p $?; (( a1 = 3 )); p $a1; ((0)); p $?
`);

/** Tests in double brackets. */
export const DOUBLE_TESTS: readonly string[] = listed(String.raw`
[[ a ]]; p $?; [[ '' ]]; p $?; [[ ! a ]]; p $?; [[ ]]; p $?
[[ a = a && b = b || c = d ]]; p $?; [[ a = b || ! c = d && e ]]; p $?
[[ ( a = a ) ]]; p $?; [[ ( a = b || c = c ) && d ]]; p $?; [[ ! ( a ) ]]; p $?
[[ -f f1 && -d d && ! -e nofile ]]; p $?; [[ f1 -nt d || f1 -ot d || f1 -ef f1 ]]; p $?
[[ -n $nothing ]]; p $?; [[ -z $nothing ]]; p $?; [[ $nothing ]]; p $?; [[ -n ]]; p $?; [[ -z ]]; p $?
[[ $x = a* ]]; p $?; [[ $x = "a*" ]]; p $?; [[ $y = b\* ]]; p $?; [[ $y = $y ]]; p $?; [[ abc = $y ]]; p $?
[[ $x == [a-c]* && $x != *d ]]; p $?; [[ 'a b' = a\ b ]]; p $?; [[ 'a b' = 'a b' ]]; p $?; [[ a b = a ]]; p $?
[[ $x =~ ^a.c$ ]]; p $?; [[ $x =~ b ]]; p $?; [[ $x =~ 'b' ]]; p $?; [[ a.c =~ a\.c ]]; p $?; [[ abc =~ a\.c ]]; p $?
[[ $x =~ (a)(b) ]]; p $?; [[ aab =~ a+b ]]; p $?; [[ a =~ [ ]]; p $?; [[ 'a b' =~ 'a b' ]]; p $?; [[ a =~ ]]; p $?
[[ 1 -eq 01 && 2 -gt 1 ]]; p $?; [[ a -eq 1 ]]; p $?; [[ 1+1 -eq 2 ]]; p $?; [[ x -lt 5 ]]; p $?
[[ a < b ]]; p $?; [[ b < a ]]; p $?; [[ b > a ]]; p $?; [[ a > b ]]; p $?
[[ a = a ]] && p y || p n; if [[ a != a ]]; then p y; else p n; fi; ! [[ a ]]; p $?
[[ a -a b ]]; p $?; [[ a -o '' ]]; p $?; [[ a && '' ]]; p $?; [[ -a f1 ]]; p $?; [[ -o errexit ]]; p $?
[[ a¶= a ]]; p $?
[[ a = a &&¶b = b ]]; p $?
[[ a = a; p $?
[[ a = a ]]b; p $?
[[a = a]]; p $?
[[ -v x ]]; p $?; [[ -t 0 ]]; p $?; [[ -r f1 ]]; p $?; [[ -L l1 ]]; p $?; [[ -s f1 ]]; p $?
[[ * = * ]]; p $?; [[ f* ]]; p $?; [[ "$@" ]]; p $?; [[ $* = '' ]]; p $?; [[ a = @(a|b) ]]; p $?
x='a = b'; [[ $x ]]; p $?; [[ ! $x ]]; p $?; x='!'; [[ $x ]]; p $?; [[ $x = ! ]]; p $?; x=-f; [[ $x ]]; p $?; [[ $x f1 ]]; p $?
[[ §W = §P ]]; p $?; [[ §E == §P && §E ]]; p $?; [[ §B = ? ]]; p $?
`);

/** How a shell ends, and which options it takes. */
export const SHELLS: readonly string[] = listed(String.raw`
sh -c 'p() { echo "$@"; }; p "$0" "$1" $#' a b c
sh -ec 'false; echo no'; p $?; sh -uc 'echo $nothing'; p $?; sh -fc 'echo *'; sh +e -c 'false; echo y'
sh -o pipefail -c 'false | true'; p $?; sh -o nosuch -c :; p $?; sh -oX -c :; p $?; sh -Z -c :; p $?
sh -c; p $?; sh -c ''; p $?; sh -c 'exit 3'; p $?; sh nofile; p $?; sh d; p $?; sh ''; p $?
echo 'echo $0 $# $*' | sh -s a b; echo 'echo $0 $#' | sh; echo 'echo in' | sh - ; echo 'echo $1' | sh -s -- -x
sh -xc 'echo a; x=1 y="b c"; echo "$x" $y >/dev/null; for i in 1 2; do :; done; [ a = a ] && (exit 0); ! :'
sh -vc 'echo a¶echo b'
sh -nc 'echo a; if'; p $?; sh -nc 'echo a'; p $?
sh -c 'echo $-'; sh -ec 'echo $-'; sh -fuc 'echo $-'; sh -a -c 'x=1; env | grep ^x='; echo 'echo $-' | sh
sh -c 'kill -TERM ${SELF}'; p $?; sh -c 'kill -9 ${SELF}; echo no'; p $?; (kill -USR1 ${SELF}; p no); p $?
sh -c 'exit 256'; p $?; sh -c 'exit -1'; p $?; sh -c 'exit 1 2'; p $?; (exit 999); p $?; sh -c 'return 3; echo a'; p $?
sh -c 'echo §{x?no}; echo a'; p $?; sh -c 'readonly r=1; r=2; echo a'; p $?; sh -c 'readonly r=1; r=2 : ; echo a'; p $?
sh -c 'readonly r=1; r=2 echo b; echo a'; p $?; sh -c 'readonly r=1; export r=2; echo a'; p $?; sh -c 'readonly r=1; for r in 1; do :; done; echo a'; p $?
sh -c 'readonly r=1; read r <f1; echo a $?'; sh -c 'readonly r=1; unset r; echo a $?'; sh -c 'readonly r=1; : $((r=2)); echo a'; sh -c 'readonly r=1; getopts a r -a; echo a $?'
sh -c 'readonly r; echo §{r:=a}; echo b'; p $?; sh -c 'f() { local r=2; echo $r; }; readonly r=1; f; echo b'; p $?
sh -c 'shift 3; echo a'; p $?; sh -c 'set -o nosuch; echo a'; p $?; sh -c 'break; echo a; continue 2; echo b'; sh -c '. nofile; echo a'; p $?
sh -c 'exec nocmd; echo a'; p $?; sh -c 'exec <nofile; echo a'; p $?; sh -c ': <nofile; echo a'; p $?; sh -c 'eval "("; echo a'; p $?
sh -c 'cd nodir; echo a; export 1a; echo b'; p $?; sh -c 'trap x NOSIG; echo a; unset 1a; echo b; alias nope; echo c'; p $?
sh -ec 'false || true; ! true; if false; then :; fi; while false; do :; done; false && true; echo a; (false; echo no); echo b'; p $?
sh -ec 'x=$(false); echo no'; p $?; sh -ec 'echo $(false)'; p $?; sh -ec 'f() { false; echo in; }; f || echo or; f; echo no'; p $?
sh -ec 'local x=$(false); export y=$(false); echo a'; p $?; sh -ec '{ false; } | cat; echo a; cat nofile | true; echo b'; p $?
sh -ec 'eval false; echo a'; p $?; sh -ec '(false) && echo a; ! (false); echo b; { false; } && :; echo c; false &  wait; echo d'; p $?
sh -ec 'trap "echo t" EXIT; false'; p $?; sh -ec 'trap "false; echo t" EXIT; :'; p $?; sh -ec 'for i in 1; do false; done; echo a'; p $?
env -i sh -c 'echo "$PATH" "$HOME" "§{IFS}" "$PS4" "$OPTIND" "$PWD"' | sed 's/[^ ]*tmp.*//'; x=1 env | grep '^x='; env x=2 sh -c 'echo $x; x=3; env | grep ^x='
unset x; export x; env | grep -c '^x='; x=1; env | grep '^x='; unset x; x=2; env | grep -c '^x='; export x=; env | grep '^x='
set -a; n1=1; unset n1; n1=2; env | grep '^n1'; set +a; n2=1; env | grep -c '^n2'; ff() { local n3=1; env | grep '^n3'; }; set -a; ff; set +a
set -o | head -n 3; set -o; set +o | head -n 3; set -o vi; set +o vi; set -; set +; set -- ; p $#
set -e -u +e; p $-; set -eu -- a -b; p $- "$@"; set +eu; set -x -; set -h; p $?; set -B; p $?; set -T; p $?; set -t
set a b c; shift; p "$@"; shift 0; p "$@"; shift 5; p $? "$@"; shift -1; p $?; shift a; p no
eval; p $?; eval ''; p $?; eval 'false'; p $?; eval p 'a  b' "c  d"; eval "p 'a  b'"; eval -- p a; eval 'x=1;' 'p $x'; for i in 1 2; do eval break; done; p $i
x='p a;p b'; $x; eval $x; eval "$x¶p c"; eval 'p d #' e; eval 'p "f' 'g"'; eval 'if true¶then p h¶fi'
getopts ab: o -a -b v -c; p $? $o $OPTIND; getopts ab: o -a -b v -c; p $? $o "$OPTARG" $OPTIND; getopts ab: o -a -b v -c; p $? $o "$OPTARG"; getopts ab: o -a -b v -c; p $? $o
getopts; p $?; getopts a; p $?; getopts a 1x -a; p $?; OPTIND=9; getopts a o -a; p $? $OPTIND; OPTIND=0; getopts a o -a; p $? $o; OPTIND=x; getopts a o -a; p $?
true & wait; p $?; false & wait $!; p $?; wait %1; p $?; wait %9; p $?; wait nojob; p $?; (exit 3) & (exit 4) & wait $!; p $?; wait -n; p $?
sleep 0 & wait; jobs; fg %1; bg; kill %1; p $?; disown; suspend; jobs -z; jobs -l; jobs -p
printf; p $?; printf '%d\n' a 1x '' 0x10 010 "'a" ; p $?; printf '%s %s\n' a b c; printf '%q\n' a; printf -- '-%s\n' a; printf '%5%|%-5d|%05d|%+d|% d\n' 1 2 3 4
printf '%e %g %f %.2f\n' 1 1.5 2 2.345; printf '%x %X %o %u\n' 255 255 8 -1; printf '\x41\101\u0041\e\c'; printf 'a\cb'; printf '%b|\n' 'a\cb' 'c'; printf '%s'
printf '%*d|%-*d|%.*f\n' 5 1 5 2 1 3.14; printf '%ld %lld %hd\n' 1 2 3; printf '%c%c\n' abc ''; printf '%z\n'; printf '%'; printf '\'; printf '%s\n' "$x" -n
echo -n a; echo; echo -e 'a\tb\c' c; echo -E 'a\tb'; echo -ne 'x\n'; echo -nE y; echo; echo -x; echo -; echo --; echo -en 'a\0101\x41\n'; echo "-n"; echo '\c'
test 1 -eq 1 -a 2 -eq 2 -o 3 -eq 4; p $?; test ! a = b; p $?; test \( a \) ; p $?; test a = b -o c; p $?; test -n; p $?; test -f; p $?; test 1 -gt; p $?; test 9999999999999999999 -gt 1; p $?
`);
