#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# erlang: thousands of processes on schedulers of their own threads; allocators of its own; ports
# needs: erl escript
set -euo pipefail
cat >work.erl <<'ERL'
main(_) ->
    Self = self(),
    [spawn_link(fun() -> Self ! {N, work(N)} end) || N <- lists:seq(1, 2000)],
    io:format("~p~n", [erlang:phash2([receive {N, R} -> R end || N <- lists:seq(1, 2000)])]),
    Table = ets:new(t, [ordered_set]),
    [ets:insert(Table, {I, binary:copy(<<I:32>>, 100)}) || I <- lists:seq(1, 5000)],
    io:format("~p~n", [ets:foldl(fun({_, B}, S) -> S + byte_size(B) end, 0, Table)]),
    io:format("~s", [os:cmd("echo from a port; exit 3")]),
    file:write_file("written", zlib:gzip([integer_to_list(I) || I <- lists:seq(1, 9000)])),
    {_, Reason} = spawn_monitor_wait(fun() -> error(on_purpose) end),
    io:format("~p~n", [element(1, Reason)]),
    halt(6).
work(N) -> erlang:md5(term_to_binary([{I, float(I)} || I <- lists:seq(1, N rem 300)])).
spawn_monitor_wait(F) ->
    {Pid, Ref} = spawn_monitor(F),
    receive {'DOWN', Ref, process, Pid, R} -> {down, R} end.
ERL
sed -i '1i #!/usr/bin/env escript' work.erl
sed -i '2i %%! +S 4 -kernel logger_level none' work.erl
escript work.erl || echo "status $?"
echo finished
