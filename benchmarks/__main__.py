"""`make bench`."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.market import ORDERS_OF_A_BUYER, PRODUCTS, give_orders, open_market
from benchmarks.measure import Reference, measure, without_workers
from benchmarks.operations import all_operations


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    say = lambda line: print(line, flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        with (
            Reference(Path(folder, "reference")) as reference,
            open_market(Path(folder, "platform"), products=PRODUCTS, say=say) as market,
        ):
            buyers = market.log_in(8)
            give_orders(market, buyers[:1], each=ORDERS_OF_A_BUYER)
            ops = [o for o in all_operations(market, buyers) if not options.only or o.name in options.only]
            results = measure(
                market,
                reference,
                ops,
                connections=options.connections,
                rounds=options.rounds,
                seconds=options.seconds,
                say=say,
            )
            print()
            for result in results:
                print(
                    f"{result.name:10} {result.where:8} {result.connections:2} {result.cpu_ms:7.2f} ms {result.ratio:6.1f} / {result.budget:g}",
                    {
                        k: round(v, 2)
                        for k, v in sorted(result.rounds[-1].by_process.items(), key=lambda x: -x[1])
                        if v > 0.02
                    },
                )
            with without_workers(market):
                for operation in ops:
                    operation.run(1, 1.0)
                    with market.tally.counting() as counts:
                        load = operation.run(1, 1.0)
                    n = load.operations
                    print(
                        operation.name,
                        operation.where,
                        {k: round(v / n, 2) for k, v in counts.statements.items() if v > n / 20},
                        {k: round(v / n, 2) for k, v in counts.requests.items() if v > n / 20},
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
