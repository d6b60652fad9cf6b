set -u
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
copying=
mkdir -p "$work" && cd "$work" && mkdir begun && printf '%4096s' '' | tr ' ' '\n' >failed.new || exit 1
fail() {
  echo "$*" 1<>failed.new
  case $* in *'No space left'* | "$full") ;; *) [ -z "$copying" ] || touch copied ;; esac
  [ -z "$copying" ] || find "$to" -mindepth 1 -delete 2>/dev/null
  mv failed.new failed; exit 1
}
full="cannot write to a file of its own: is Docker's disk full?"
has() { "$1" --help 2>&1 | grep -q -e "$2" || fail "no $1 of GNU with $2"; }
has cp --reflink; has find -printf; has cut --zero-terminated
has sort --zero-terminated; has comm --zero-terminated; has shuf --zero-terminated
has sync --file-system
for tool in head tail xargs sha256sum tr wc awk; do
  command -v $tool >/dev/null || fail "no $tool"
done
touch probe || fail "$full"
cp -a --preserve=xattr probe probe.copy 2>/dev/null || fail "no cp that keeps xattrs"
list() { (cd "$1" && find . \( -type d -printf '%C@ %y %m %U %G %P\0' \
  -o -printf '%C@ %y %m %U %G %n %s %l %P\0' \)) | sort -z; }
plain() { cut -z -d ' ' -f 2- | sort -z; }
count() { tr -cd '\0' | wc -c; }
sums() { (cd "$1" && xargs -0 -r head -q -c 65536 -- <"$work/sample" &&
  xargs -0 -r tail -q -c 65536 -- <"$work/sample") 2>/dev/null | sha256sum; }
touch ready || fail "$full"
n=0
until [ -e go ]; do
  sleep 0.02; n=$((n + 1)); [ $n -lt 30000 ] || fail "nobody has said go"
done
list "$from" >before || fail "$full"
copying=yes
errors=$(cp -a --preserve=xattr --reflink=auto "$from/." "$to/" 2>&1); status=$?
list "$from" >after || fail "$(printf '%s\n' "${errors:-$full}" | head -n 3)"
gone=$(comm -z -23 before after | count) come=$(comm -z -13 before after | count)
changed=$((gone > come ? gone : come))
if [ $changed != 0 ] && [ -n "$errors" ]; then
  errors=$(printf '%s\n' "$errors" | grep -v -e 'No such file or directory$' \
    -e 'replaced while being copied' -e 'has changed')
  if [ -n "$errors" ]; then status=1; else status=0; fi
fi
[ $status = 0 ] || fail "$(printf '%s\n' "${errors:-cp ended with $status}" | head -n 3)"
comm -z -12 before after | plain >stable || fail "$full"
# shellcheck disable=SC2016  # the inner shell's
shuf -z -n 128 stable | xargs -0 -r sh -c 'for line; do case $line in "f "*)
  printf "./%s\0" "${line#* * * * * * * }" || exit 1 ;; esac; done' sh >sample || fail "$full"
sums "$from" >sum || fail "$full"
touch copied || fail "$full"
sync --file-system "$to" 2>unwritten & writing=$!
list "$to" | plain >copy || fail "$full"
missing=$(comm -z -23 stable copy | count) further=$(comm -z -13 stable copy | count)
[ "$missing" = 0 ] || fail "$missing of $(count <stable) entries are not in the copy as they are"
[ $changed != 0 ] || [ "$further" = 0 ] || fail "$further entries of the copy are not in the source"
if [ "$(sums "$to")" != "$(cat sum)" ]; then
  list "$from" >later || fail "$full"
  [ $changed = 0 ] || [ "$(comm -z -23 after later | count)" != 0 ] || changed=0
  [ $changed != 0 ] || fail "what was copied has other bytes than the source"
fi
wait $writing || fail "the copy cannot be written to the host's disk: $(head -n 1 unwritten)"
bytes=$(find "$to" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f", sum }')
echo "entries=$(count <copy) changed=$changed bytes=$bytes" >report.new || fail "$full"
mv report.new report || fail "$full"
