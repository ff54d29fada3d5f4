# ports: a port for a server that cannot choose one itself and tell it. Source it, or run it.
#
#   free_port [ADDRESS]   prints one that nobody listens on there (127.0.0.1)
#
# Between the choice and the server's own bind() anybody may take it, and again while a server is
# down for a test. So it is none of those that the kernel hands out (from 32768 on) or Kubernetes
# gives to NodePorts (from 30000 on): only two who ask here could meet, by a chance of one in thousands.
free_port() {
    python3 - "${1:-127.0.0.1}" <<'END'
import random, socket, sys
while True:
    port = random.SystemRandom().randrange(20000, 30000)
    try:
        socket.create_server((sys.argv[1], port)).close()
    except OSError:
        continue
    print(port)
    break
END
}
[ "${BASH_SOURCE[0]}" != "$0" ] || free_port "$@"
