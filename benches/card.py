"""What runs of `card.toml` say: by how much losses and gradient norms of the steps differ from those of the first, or with --start
the seconds from the beginning of the process's trial to its first step and to its end.

    python card.py RUNS OTHER…
    python card.py --start RUNS
"""
import datetime, json, pathlib, sys


def events(folder):
    """Each trial's method and its events, in order."""
    for recipe in sorted(pathlib.Path(folder).rglob("recipe.toml")):
        method = next(name for name in ("simclr", "byol") if f'"{name}"' in recipe.read_text())
        lines = (recipe.parent / "events.jsonl").read_text().splitlines()
        yield method, [json.loads(line) for line in lines]


def trained(events):
    return [what["trained"]["metrics"] for event in events if "trained" in (what := event["event"]["what"])]


def seconds(events, kind):
    time = lambda event: datetime.datetime.fromisoformat(event["time"][:26] + "+00:00")
    found = [time(event) for event in events if kind in event["event"]["what"]]
    return (found[0] - time(events[0])).total_seconds() if found else None


def compare(first, others):
    reference = {method: trained(found) for method, found in events(first)}
    for other in others:
        for method, found in events(other):
            for metric in ("loss", "gradient_norm"):
                off = [abs(a[metric] - b[metric]) / abs(a[metric]) for a, b in zip(reference[method], trained(found))]
                print(f"{pathlib.Path(other).name} {method} {metric}: first step off by {off[0]:.1e}, worst of {len(off)} {max(off):.1e}")


def main():
    if sys.argv[1] == "--start":
        for method, found in events(sys.argv[2]):
            print(f"{pathlib.Path(sys.argv[2]).name} {method}: first step after {seconds(found, 'trained')} s, end after {seconds(found, 'finished')} s")
    else:
        compare(sys.argv[1], sys.argv[2:])


main()
