"""When the last good backup of each database ended, as Prometheus reads it: BackupOld and BackupMissing ring by it.
And when each command succeeded last, and when it failed: a failure after the last success is one that lasts.

`metrics.prom` among the backups is for node_exporter's textfile collector; the backup container serves the same text.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from backups.barman import Barman
from backups.files import write_whole
from backups.stamps import stamp
from backups.taking import is_whole

PORT = 8000
COMPLETED = "completed"
"""The file beside a server's backups that says when the last good one ended."""
HEADER = """\
# HELP shop_backup_completed_timestamp_seconds When the last good backup of the service's database ended.
# TYPE shop_backup_completed_timestamp_seconds gauge
"""
STAMPS = """\
# HELP shop_backup_{way}_timestamp_seconds When the command {way} last; without an app, for all of them.
# TYPE shop_backup_{way}_timestamp_seconds gauge
"""


def note_completed(barman: Barman, server: str) -> None:
    """Writes down when the last backup ended that can be restored, if there is one."""
    known = barman.backups(server)
    ended = [each.ended_at for each in known if each.is_good and each.ended_at and is_whole(barman, each, known)]
    noted = barman.directory(server) / COMPLETED
    if ended:
        write_whole(noted, f"{max(ended).timestamp():.0f}\n")
    else:
        noted.unlink(missing_ok=True)
    write(barman)


def write(barman: Barman) -> None:
    """Writes the file for node_exporter anew."""
    write_whole(barman.home / "metrics.prom", exposition(barman))


def exposition(barman: Barman) -> str:
    """Each time that is known."""
    text = HEADER
    for server in barman.servers:
        noted = barman.directory(server) / COMPLETED
        if noted.exists():
            text += f'shop_backup_completed_timestamp_seconds{{app="{server}"}} {noted.read_text()}'
    stamps = [("copy", "", stamp(barman.home, "copy"))]
    for server in barman.servers:
        stamps += [(each, f',app="{server}"', stamp(barman.directory(server), each)) for each in ("take", "verify")]
    for way in ("succeeded", "failed"):
        text += STAMPS.format(way=way)
        for command, app, ended in stamps:
            if (moment := ended.succeeded if way == "succeeded" else ended.failed) is not None:
                text += f'shop_backup_{way}_timestamp_seconds{{command="{command}"{app}}} {moment.timestamp():.0f}\n'
    return text


def serve(barman: Barman, *, port: int = PORT) -> ThreadingHTTPServer:
    """Answers every request with the metrics, until `shutdown`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = exposition(barman).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Says nothing: a line every few seconds would tell nobody anything."""

    server = ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
