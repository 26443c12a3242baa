"""`python -m chassis.probe`: an image's health check. Asks the process beside it whether it is ready; 0 is yes."""

import http.client
import os
import sys

SECONDS = 6.0


def main() -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        sys.stdout.write(answer.read(500).decode(errors="replace"))
    except OSError as exc:
        sys.stdout.write(f"no answer: {exc}")
        return 1
    finally:
        connection.close()
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
