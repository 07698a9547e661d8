# Starts and stops processes; knows them by id and time of birth, as an id alone may be somebody else's by now.
# shellcheck shell=bash

birth() { # PID → clock ticks between the machine's start and the process's; fails for the dead
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra stat <<<"${stat##*) }" # what follows the command's name, which may hold blanks
  [[ ${stat[0]} != Z ]] && printf '%s\n' "${stat[19]}"
}

running() { # NAME
  local pid born
  { read -r pid born <"$runtime/$1.pid"; } 2>/dev/null && [[ -n $born && $(birth "$pid") == "$born" ]]
}

start() { # NAME COMMAND…: nothing where it already runs
  local name=$1
  shift
  ! running "$name" || return 0
  # 9 is the lock on the node, which must not live as long as what is started; and all it talks to is on this machine.
  NO_PROXY='*' no_proxy='*' setsid "$@" >>"$state/log/$name.log" 2>&1 </dev/null 9>&- &
  printf '%s %s\n' "$!" "$(birth "$!")" >"$runtime/$name.pid"
}

stop() { # NAME
  local pid signal
  for signal in TERM KILL; do
    running "$1" || return 0
    read -r pid _ <"$runtime/$1.pid"
    kill -"$signal" "$pid" 2>/dev/null || true
    for _ in {1..50}; do
      running "$1" || return 0
      sleep 0.1
    done
  done
}

wait_for() { # SECONDS NAME COMMAND…
  local deadline=$((SECONDS + $1)) name=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= deadline)); then
      say "$name is not ready in time; its log: $state/log/$name.log"
      return 1
    fi
    sleep 0.5
  done
}
