/**
 * Texts of several lines for `rare.ts`, whose places it fills: aliases, and unusual layouts.
 *
 * @module
 */

/** The pieces of a text block that blank lines keep apart. */
function blocks(block: string): readonly string[] {
  return block.trim().split("\n\n");
}
/** Aliases that hold pieces of syntax. */
export const ALIASES: readonly string[] = blocks(String.raw`
alias q1='p a' q2='q1 '
q2 q1 q1

alias q1='if'
q1 true; then p y; fi

alias q1='for i in' q2='do p'
q1 a b; q2 $i; done

alias q1='p a; p'
q1 b && q1 c | q1 d

alias q1='p ' q2='$x' q3='q4 ' q4=z
q1 q2; q1 q3 q4

alias q1='q1 a'
q1; q1 q1

alias q1=q2 q2=q1
q1; q2

alias q1='p "'
q1 a"; q1 '"

alias q1='#'
q1 p a
p b

alias q1='cat <<E'
q1
a $x
E

alias q1='( ' q2=' )'
q1 p a q2
p b

alias q1='p a &&'
q1 p b
q1
p c

alias q1='case a in a) ' q2=' ;; esac'
q1 p A q2

alias q1='ff() { '
q1 p in; }
ff

alias q1='! ' q2='{ '
q1 true; p $?
q2 p a; }

alias q1='x=5 '
q1 q1 p $x
q1 eval 'p $x'

alias q1='p \
a'
q1 b

alias p='p x'
p a; \p b; 'p' c; command p d
unalias p

alias q1='p >f2'
q1 a; cat f2

alias q1='$(echo p) '
q1 a; x=$(q1 b); p "$x"; eval 'q1 c'; p "§{x:-$(q1 d)}"

alias q1='unalias q1; p gone'
q1; q1

alias 'a-b=p dash' 'a.b=p dot' '1=p one'
a-b; a.b; 1

alias a/b=p 'a b=c'
alias; unalias -a; alias

alias x='p "a b"' y="p 'c'"
alias x; alias y; alias; unalias x y; unalias x

ff() { q1; }; alias q1='p late'; ff
ff() { q1; }; ff

alias q1='while read l; do p'
q1 "$l"; done <f1

alias q1=' p a' q2='	p b'
q1;q2;  q1

alias then=p
if true; then p a; fi
unalias then

alias q1=p; q1 same line
q1 next line

{ alias q1=p; q1 a; }
q1 b

alias q1='p |'
q1 cat; q1
cat
`);

/** Places in which newlines, comments and reserved words are unusual. */
export const SYNTAX: readonly string[] = blocks(String.raw`
for
i
in a b
do p $i
done

for i in a b # c
do # d
p $i # e
done # f

case a # b
in # c
# d
a) # e
p A # f
;; # g
# h
esac # i

case in in in) p in;; esac

case esac in (esac) p e;; esac

case a in a);; esac; p $?

case a in (a|b) p ab
esac

case a in
a|
b) p c;; esac

case $x in
  abc ) p 1 ;;
  * ) p 2
esac

for in in in; do p $in; done

for do in do; do p $do; done

for i do p $i; done

for i
do p $i; done

for i; do p $i; done

for i in; do p $i; done; p $?

if true
then

p a

# c
elif false; then p b
else
p c

fi

if false; true; then p a; fi

while false; do p; done; p $?

while p a; false
do p b
done

until true; do :; done; p $?

{ p a
}

{ p a; }; { p b; } ; { { p c; }; }

(p a)
(p b);(p c)

( (p a) )

((p a) )

p a; { p b; } && (p c) || p d

p a &&

p b ||
# c
p d

p a |

cat |
# c
cat

! p a; p $?

! ! p a

! { false; }; p $?

! (exit 3); p $?

p a; ! false | true; p $?

p if then else fi do done case esac in { } ! for while until

if=1; p $if; then=2; p $then

{p a;}

{ p a }

p {; p }; p a}

p !; !p

p a;;

p a; &

& p a

p a & & p b

p a \
b \
  c
p \
\
d

p "a
b" 'c
d' $(p e
p f)

ff() # c
{ p in; }
ff

ff()

{ p in; }
ff

function ff
{ p in; }
ff

ff ( ) (p sub); ff

ff() { p a; }; ff; ff() { p b; }; ff

x=1 y=2 p $x; p $x $y

x=1 >f2; p $x

x=1 $nothing; p $x

x=1 y=$x; p $y

x=$(p a) y=$?; p "$x" $y

x= y; p $?

x=a\
b; p $x

x="a"'b'$y"c"; p "$x"

1=a; p $?

x-y=1; p $?

a=b=c; p $a

p a=b c=~ =d

x=(a); p

p a(b)

p (a)

p a)

p 'a

p "a

p §{x

p $(p a

p $((1

cat <<E
a

cat <<E
a
 E

cat <<
a

cat <<E <<F
a
E
b
F

cat <<E; p $?
$x
E
p after

cat <<'E'
$x \$x \\
E

cat <<"E F"
a
E F

cat <<\E
$x
E

cat <<-E
	a
	  b
  	c
	E

cat <<-'E'
	$x
	E

cat <<E
a \
b
\$x \´ \\ \a "q" 's'
E

cat <<E
$(p "a)b")
§{x:-"q"} §{nothing:-'s'} "§{nothing:-'t'}"
´p a´
$((1+1)) $x$ $
E

cat <<E
$(cat <<F
in
F
)
E

cat <<E | while read l; do p "$l"; done
a b
 c\
d
E

if cat <<E
a
E
then p b; fi

while read l <<E
a
E
do p $l; break; done

ff() { cat <<E
$1
E
}; ff a; ff b

(cat <<E
a
E
)

cat <<E >f2; cat f2
a
E

p a <<E b
c
E

cat <<E#
a
E#

cat <<$x
a
$x

cat <<"$x"
a
$x

cat <<E\
F
a
EF

eval 'cat <<E
a
E'

eval 'cat <<E
a'

x=$(cat <<E
a
E
); p "$x"

x=´cat <<E
a
E
´; p "$x"

cat <<''
a

p b

cat <<E
a\
E
b
E

cat <<E
a
E\

b
E

time p a 2>/dev/null

! time :

p a #b
#c
p d

p a;#b

p a&&p b||p c;p d|cat&wait

p a>f2 2>&1;cat<f2

p $(echo a)$(echo b)"$(echo c)"

p a\;b a';'b "a;b" a\&\&b a\|b a\>b a\
b

case a in a) p 1;; a) p 2;; esac; case b in a) p 1;; esac; p $?

if (exit 3); then p a; else p $?; fi; while (exit 4); do :; done; p $?

set -- a b c; for i; do shift; p $i $#; done

for i in 1 2 3; do for j in 1 2; do [ $j = 2 ] && continue 2; [ $i = 3 ] && break 2; p $i $j; done; done

for i in 1 2; do (break; p sub); p $i; done

for i in 1 2; do p $i; break 5; done; p $?

while :; do while :; do break 2; done; p no; done; p $?

i=0; while [ $i -lt 3 ]; do i=$((i+1)); case $i in 2) continue;; esac; p $i; done

for i in a; do :; done <nofile; p $?

for i in a b; do p $i; done | { read l; p "$l"; }

return 3; p $?

p a | p b | p c; false | true; p $?; true | false; p $?

x=$(exit 3); p $?; x=$(exit 3)$(exit 4); p $?; p $(exit 5) $?; x=1; p $?

(p a; exit 3; p b); p $?

(cd d; pwd >/dev/null; x=in); p "$x"; p *

{ x=in; exit; }; p no
`);
