# A day at a web server, from its log: pipes, sed, awk, sort, a loop, a function, a here-document.
# `deno task demo` runs it inside the sandbox; `cd examples/data && busybox sh ../demo.sh` natively.
set -e -o pipefail
log=${1:-access.log}
report=$(mktemp)

title() { printf '\n%s\n' "$*" | tee -a "$report"; }

title "Requests: $(wc -l <"$log"), of $(cut -d' ' -f1 "$log" | sort -u | wc -l) visitors"

title "Busiest visitors"
cut -d' ' -f1 "$log" | sort | uniq -c | sort -k1,1nr -k2 | head -n 3

title "Pages by bytes sent"
sed -nE 's/.*"[A-Z]+ ([^ ]+) [^"]*" 200 ([0-9]+)$/\1 \2/p' "$log" |
  awk '{ sum[$1] += $2; n[$1]++ }
       END { for (p in sum) printf "%-16s %8d bytes in %2d answers\n", p, sum[p], n[p] }' |
  sort -k2,2nr

title "Answers by kind"
while read -r kind name; do
  printf '%-12s %d\n' "$name" "$(grep -c "\" $kind[0-9][0-9] " "$log")"
done <<EOF
2 fine
3 unchanged
4 refused
5 broken
EOF

title "Failures by hour"
for hour in 09 10 11 12 13 14; do
  count=$(grep "2025:$hour:" "$log" | grep -cE '" (4|5)[0-9]{2} ')
  bar=$(printf '%*s' "$count" '' | tr ' ' '#')
  printf '%s %s\n' "$hour" "$bar"
done

title "The report has $(grep -c . "$report") headings, checksum $(sha256sum <"$report" | cut -c1-12)"
rm "$report"
