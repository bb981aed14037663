#!/bin/sh
# The reaper's process. The parent holds the other end of stdin and writes `+<group>` or `-<group>` for each process group that
# it starts or has seen end. The pipe breaks when the parent closes it, crashes, or is killed with SIGKILL. The reaper then ends
# the groups that are still listed: SIGTERM to their leaders, SIGKILL to the groups after 3 s. It is a shell script because a
# Node process takes 60 MB of memory for this.

# A signal to the whole terminal or session must not end the process that cleans up.
trap '' INT TERM HUP

groups=' '
while read -r line; do
  group=${line#?}
  case $group in '' | *[!0-9]* | 0 | 1) continue ;; esac
  rest=${groups%%" $group "*}
  # Removed first, so that no group is listed twice.
  [ "$rest" = "$groups" ] || groups="$rest ${groups#*" $group "}"
  case $line in +*) groups="$groups$group " ;; esac
done

for group in $groups; do kill -s TERM "$group" 2>/dev/null; done
for _ in $(seq 60); do
  alive=
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && alive=yes; done
  [ -n "$alive" ] || break
  sleep 0.05
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
exit 0
