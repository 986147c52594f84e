# Runs the command "$@" and ends it when its own standard input ends: that is
# when the test process at the other end of the pipe is gone, whether it returned,
# panicked or was killed. Then the directory goes, too. A command that ends by
# itself leaves its status in the file "exited".
dir=$1 stop=$2; shift 2
exec 3<&0 </dev/null
"$@" 3<&- & pid=$!
{
	cat <&3 >/dev/null
	[ -e "$dir/exited" ] || kill -s "$stop" $pid
	n=0
	while [ ! -e "$dir/exited" ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done
	[ -e "$dir/exited" ] || kill -s KILL $pid
} & watch=$!
wait $pid; echo $? >"$dir/exited"
wait $watch
rm -rf "$dir"
