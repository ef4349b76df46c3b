"""One worker on loopback as `tandem serve` runs it, without its checks beforehand.

.venv/bin/python -m benchmarks.served web.app:app_from_environment PORT
"""

import sys
from importlib import import_module

import uvicorn

from service.settings import Settings
from web.cli.serve import server_config


def main() -> None:
    factory, port = sys.argv[1:]
    module, _, name = factory.partition(":")
    app = getattr(import_module(module), name)()
    uvicorn.Server(server_config(app, Settings(port=int(port)))).run()


if __name__ == "__main__":
    main()
