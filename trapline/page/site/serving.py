"""Serve the site on the loopback address: `python -m trapline.page.site.serving FOLDER [PORT]` (`make serve`). Any web
server can do the same."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST, PORT = "127.0.0.1", 8000


class Handler(SimpleHTTPRequestHandler):
    """Static files with the types that browsers insist on."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".wasm": "application/wasm",
        ".pack": "application/octet-stream",
    }

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    """Somebody who closes a page in the middle is nothing to tell of."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def served(folder: Path, port: int = 0) -> Server:
    """A server of a folder; port 0 is any that is free."""
    return Server((HOST, port), partial(Handler, directory=str(folder)))


def main() -> int:
    folder, port = Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else PORT
    if not (folder / "index.html").is_file():
        print(f"error: there is no site in {folder}\nhelp: `make site` builds it", file=sys.stderr)
        return 3
    with served(folder, port) as server:
        print(f"http://{HOST}:{server.server_port}/ until Ctrl-C", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
