import http.server
import os

import greet

SAID = b"python first"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(SAID if greet.FINE else b"")


if __name__ == "__main__":
    http.server.HTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
