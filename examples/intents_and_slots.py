"""Write a small corpus of requests with an intent and slots, for `syntagma train tag-joint`.

    python examples/intents_and_slots.py slots
    syntagma train tag-joint --data slots --out nlu

The requests are combined from phrases. A third of the places, artists and dishes of dev and test are not in train, some
names have two meanings ("Paris", "Boston"), and some requests are ambiguous ("Nina Simone please"), so a perfect score
is impossible.
"""

import argparse
import json
import random
from pathlib import Path

ROWS = {"train": 900, "dev": 150, "test": 300}

FRAMES = {
    "book_flight": [
        "book a flight from {city} to {city} {date}",
        "I need a ticket to {city} {date} please",
        "get me from {city} to {city}",
        "is there a seat to {city} {date} ?",
        "{city} {date} please",
    ],
    "weather": [
        "will it rain in {city} {date} ?",
        "what is the weather like {date} in {city}",
        "how cold is {city} {date}",
        "do I need an umbrella {date} ?",
        "and in {city} ?",
        "{city} {date}",
    ],
    "play_music": [
        "play something by {artist}",
        "put on {artist} at {time}",
        "I want to hear the new {artist}",
        "play {genre} music please",
        "more {genre} by {artist}",
        "{artist} please",
    ],
    "set_alarm": [
        "wake me at {time} {date}",
        "set an alarm for {time}",
        "I have to get up at {time}",
        "alarm {date} at {time} please",
    ],
    "book_table": [
        "book a table for {number} in {city}",
        "find a place that serves {dish} in {city} {date}",
        "I want {dish} at {time}",
        "a table for {number} at {time} please",
        "and in {city} ?",
        "{dish} {date} please",
    ],
    "read_book": [
        "read me the book about {artist}",
        "play a book by {artist}",
        "go on reading at {time}",
        "{artist} please",
    ],
    "other": [
        "thank you",
        "what can you do ?",
        "how far is it to {city}",
        "who is {artist} ?",
        "never mind the {dish}",
    ],
}

SLOTS = {
    "city": "Oslo;New York;Rome;San Marino;Lima;Cape Town;Boston;Paris;Berlin;Hong Kong;Cork;Lagos;Kyoto;Bern;Nice",
    "artist": "Nina Simone;Bach;The Doors;Björk;Prince;Boston;Miles Davis;Paris;Cher;Fela Kuti;Sade;Nico;Air",
    "dish": "ramen;fish and chips;pizza;dal;apple pie;sushi;tacos;goulash;dim sum;pho",
    "genre": "jazz;folk;hip hop;soul;opera;rock",
    "date": "today;tomorrow;on Monday;on the 3rd of May;next week;this evening;on Sunday",
    "time": "7 am;half past six;noon;9:30;8 in the evening;5 o'clock",
    "number": "two;three;4;six;12",
}

# Number of values of a slot, the last ones, that are for dev and test only.
NEW = {"city": 5, "artist": 4, "dish": 3}


def request(draw: random.Random, split: str) -> dict[str, object]:
    """Generate one request: words, BIO tags, intent."""
    intent = draw.choice(list(FRAMES))
    tokens: list[str] = []
    tags: list[str] = []
    for part in draw.choice(FRAMES[intent]).split():
        slot = part.strip("{}")
        if slot == part:
            tokens.append(part)
            tags.append("O")
            continue
        values = SLOTS[slot].split(";")
        if split == "train":
            values = values[: len(values) - NEW.get(slot, 0)]
        words = draw.choice(values).split()
        tokens += words
        tags += [f"B-{slot}", *[f"I-{slot}"] * (len(words) - 1)]
    return {"tokens": tokens, "tags": tags, "intent": intent}


def main() -> None:
    """Writes train.jsonl, dev.jsonl and test.jsonl."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(given.seed)
    seen: set[str] = set()
    for split, rows in ROWS.items():
        lines: list[str] = []
        while len(lines) < rows:
            line = json.dumps(request(draw, split), ensure_ascii=False)
            # No sentence is in two splits.
            if line not in seen or split == "train":
                lines.append(line)
            if split == "train":
                seen.add(line)
        (given.folder / f"{split}.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
