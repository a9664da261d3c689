"""Topics of short local news: the sentences from which notices and their summaries are made.

In the sentences, `{item}` is a person, street, shop, farm or school in full, and `{short}` the same without its place.
`{town}`, `{person}` and `{society}` are the town, somebody who is not part of the summary, and a society.
`{when}`, `{day}` and `{detail}` are words of the lists below. `{list}` in a summary is the list of all items.
"""

from typing import Literal, NamedTuple

Kind = Literal["person", "street", "shop", "farm", "school"]

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PAST = (
    "last night",
    "on Sunday",
    "at the weekend",
    "last week",
    "yesterday",
    "early this morning",
    "on Friday evening",
)
FUTURE = ("next week", "in spring", "next month", "after the holidays", "from Monday", "later this year")


class Topic(NamedTuple):
    """Sentences about one kind of event.

    Attributes:
        name: Name of the topic.
        kind: Kind of the items.
        when: Words for `{when}`.
        details: Words for `{detail}`.
        openings: First sentences of a notice.
        items: Sentences about an item that belongs to the summary.
        exceptions: Sentences about an item that does not belong to it.
        recalls: Further sentences about an item of the summary.
        closings: Last sentences of a notice.
        summary: Summary.
    """

    name: str
    kind: Kind
    when: tuple[str, ...]
    details: tuple[str, ...]
    openings: tuple[str, ...]
    items: tuple[str, ...]
    exceptions: tuple[str, ...]
    recalls: tuple[str, ...]
    closings: tuple[str, ...]
    summary: str


TOPICS = (
    Topic(
        name="burglaries",
        kind="shop",
        when=PAST,
        details=("two computers", "the cash box", "several bottles of wine", "tools", "some jewellery", "a small safe"),
        openings=(
            "Police in {town} are looking for the people who broke into several businesses {when}.",
            "Several businesses in {town} were broken into {when}.",
            "There was a series of burglaries in {town} {when}, according to the police.",
        ),
        items=(
            "{detail} disappeared from {item}.",
            "The burglars took {detail} from {item}.",
            "At {item}, the burglars found {detail}.",
            "{item} lost {detail}.",
        ),
        exceptions=(
            "The alarm went off at {item}, and nothing was taken from there.",
            "The burglars failed to open the door of {item}.",
            "Nothing is missing at {item}.",
        ),
        recalls=(
            "The back door of {short} had been left open.",
            "{short} had been broken into before.",
            "A window of {short} was broken.",
        ),
        closings=(
            "Anyone who saw something should call {person} of the police.",
            "{person} of the police believes that the burglars know the area.",
            "The police asked witnesses to come forward.",
        ),
        summary="Burglars stole from {list}.",
    ),
    Topic(
        name="prizes",
        kind="person",
        when=PAST,
        details=("a short story", "a film about the harbour", "a garden", "a painting", "a song", "a model of a ship"),
        openings=(
            "The {society} gave its yearly prizes {when}.",
            "The prizes of the {society} were awarded {when}.",
            "Many people came to {town} {when} to see who would win the prizes of the {society}.",
        ),
        items=(
            "A prize went to {item} for {detail}.",
            "{item} won a prize for {detail}.",
            "The jury chose {item} for {detail}.",
            "The jury also liked {detail} by {item}, and gave it a prize.",
        ),
        exceptions=(
            "{item} had been expected to win, but did not.",
            "The jury did not choose {item}, who had entered {detail}.",
            "{item} won a prize in another year, for {detail}.",
        ),
        recalls=(
            "{short} thanked the jury.",
            "{short} had worked on it for two years.",
            "The audience liked the work of {short} best.",
        ),
        closings=(
            "{person} led the jury.",
            "{person} handed over the prizes.",
            "The works can be seen in {town} until the end of the month.",
        ),
        summary="Prizes of the {society} go to {list}.",
    ),
    Topic(
        name="roadworks",
        kind="street",
        when=FUTURE,
        details=("new water pipes", "repairs", "the building of a bridge", "tree work", "new cables", "a new surface"),
        openings=(
            "Drivers in {town} will need more time {when}.",
            "The town of {town} will close several roads {when}.",
            "There will be a lot of roadworks around {town} {when}.",
        ),
        items=(
            "{item} will be closed on {day} for {detail}.",
            "Because of {detail}, {item} will be closed on {day}.",
            "Workers will close {item} on {day} for {detail}.",
            "On {day}, nobody can drive through {item} because of {detail}.",
        ),
        exceptions=(
            "{item} will stay open.",
            "The work in {item} has been put off.",
            "{item} was closed for {detail} in the past, but is open again.",
        ),
        recalls=(
            "Buses will not stop in {short}.",
            "People who live in {short} should park elsewhere.",
            "The work in {short} will be loud.",
        ),
        closings=(
            "{person} asked drivers to be patient.",
            "Questions will be answered by {person} of the roads office.",
            "The work is expensive, {person} said.",
        ),
        summary="Roadworks around {town} close {list}.",
    ),
    Topic(
        name="accidents",
        kind="person",
        when=PAST,
        details=("a broken leg", "a broken arm", "cuts and bruises", "an injured knee", "burns", "a head injury"),
        openings=(
            "A bus and a lorry collided near {town} {when}.",
            "There was an accident on the road to {town} {when}, in which several people were hurt.",
            "A train hit a tree outside {town} {when}.",
        ),
        items=(
            "{item} was taken to hospital with {detail}.",
            "{item} suffered {detail}.",
            "Doctors treated {item} for {detail}.",
            "An ambulance took {item} to hospital because of {detail}.",
        ),
        exceptions=(
            "{item} was not hurt.",
            "{item} escaped without injuries.",
            "Nothing happened to {item}, who sat at the back.",
        ),
        recalls=(
            "{short} was on the way to work.",
            "{short} remembers nothing.",
            "The family of {short} has been informed.",
        ),
        closings=(
            "The road was closed for hours.",
            "{person} of the police said that the cause was not known.",
            "{person}, who saw the accident, called for help.",
        ),
        summary="An accident near {town} injures {list}.",
    ),
    Topic(
        name="floods",
        kind="farm",
        when=PAST,
        details=(
            "most of the hay",
            "two barns",
            "a field of potatoes",
            "a tractor",
            "a hundred chickens",
            "the cellar",
        ),
        openings=(
            "Heavy rain flooded the country around {town} {when}.",
            "The river near {town} rose by two metres {when}.",
            "After days of rain, farms around {town} were under water {when}.",
        ),
        items=(
            "The water destroyed {detail} at {item}.",
            "{item} lost {detail}.",
            "At {item}, the water destroyed {detail}.",
            "The flood cost {item} {detail}.",
        ),
        exceptions=(
            "{item} stayed dry.",
            "The water did not reach {item}.",
            "There was no damage at {item}, which is on a hill.",
        ),
        recalls=(
            "The owner of {short} had never seen so much water.",
            "Firefighters worked at {short} all night.",
            "The road to {short} is still closed.",
        ),
        closings=(
            "{person} from the council promised help.",
            "More rain is expected, said {person} of the weather service.",
            "Nobody was hurt.",
        ),
        summary="Floods near {town} damage {list}.",
    ),
    Topic(
        name="schools",
        kind="school",
        when=FUTURE,
        details=("a library", "new windows", "a sports hall", "a kitchen", "a music room", "a new roof"),
        openings=(
            "The council of {town} will spend more on its schools {when}.",
            "There is good news for some schools around {town}, where work will begin {when}.",
            "The council of {town} decided which schools will get money {when}.",
        ),
        items=(
            "{item} will get {detail}.",
            "The council will pay for {detail} at {item}.",
            "At {item}, {detail} will be built.",
            "The money for {item} will pay for {detail}.",
        ),
        exceptions=(
            "{item} had asked for {detail}, but gets nothing.",
            "There is no money for {item}.",
            "{item} will have to wait.",
        ),
        recalls=(
            "Parents of {short} had collected signatures.",
            "The head of {short} was pleased.",
            "The number of children at {short} has grown.",
        ),
        closings=(
            "{person} voted against the plan.",
            "{person} of the council spoke of a good day.",
            "The plan was written by {person}.",
        ),
        summary="The council of {town} gives money to {list}.",
    ),
    Topic(
        name="elections",
        kind="person",
        when=PAST,
        details=(
            "treasurer",
            "secretary",
            "speaker",
            "head of the youth section",
            "editor of the newsletter",
            "archivist",
        ),
        openings=(
            "The members of the {society} chose a new board {when}.",
            "The {society} held its yearly meeting in {town} {when}.",
            "There are new faces on the board of the {society}, which met {when}.",
        ),
        items=(
            "{item} was elected {detail}.",
            "The new {detail} is {item}.",
            "The members elected {item} as {detail}.",
            "{item} will be {detail} for the next two years.",
        ),
        exceptions=(
            "{item} wanted to be {detail}, but got too few votes.",
            "The members did not elect {item}.",
            "{item}, so far {detail}, is leaving the board.",
        ),
        recalls=(
            "{short} got nearly all votes.",
            "{short} has been a member for ten years.",
            "{short} promised to listen to everybody.",
        ),
        closings=(
            "{person} counted the votes.",
            "{person} thanked the old board for its work.",
            "The next meeting will be in {town} again.",
        ),
        summary="The {society} elects {list}.",
    ),
    Topic(
        name="inspections",
        kind="shop",
        when=PAST,
        details=("dirty floors", "mice", "old meat", "a broken fridge", "missing labels", "mould in the store room"),
        openings=(
            "Inspectors visited businesses in {town} {when}.",
            "The health office of {town} sent out its inspectors {when}.",
            "Inspectors who came to {town} {when} were not happy with everything that they saw.",
        ),
        items=(
            "They found {detail} at {item}.",
            "{item} was warned because of {detail}.",
            "At {item}, they saw {detail}.",
            "Because of {detail}, {item} got a warning.",
        ),
        exceptions=(
            "They had nothing to say against {item}.",
            "Everything was in order at {item}.",
            "{item}, which had been warned because of {detail} in the past, passed the test.",
        ),
        recalls=(
            "The owner of {short} did not want to comment.",
            "{short} has a month to improve.",
            "Customers of {short} were surprised.",
        ),
        closings=(
            "{person} led the inspection.",
            "The names were published by {person} of the health office.",
            "{person} said that there would be more visits.",
        ),
        summary="Inspectors warn {list}.",
    ),
    Topic(
        name="concerts",
        kind="person",
        when=FUTURE,
        details=("the piano", "the violin", "old dances", "the trumpet", "folk songs", "the accordion"),
        openings=(
            "There will be a music festival in {town} {when}.",
            "The {society} has invited musicians to {town} {when}.",
            "Friends of music can look forward to a festival in {town} {when}.",
        ),
        items=(
            "{item} will play {detail} on {day}.",
            "On {day}, {item} will play {detail}.",
            "The evening of {day} belongs to {item} and {detail}.",
            "Those who like {detail} should listen to {item} on {day}.",
        ),
        exceptions=(
            "{item} is ill and will not come.",
            "A concert by {item} was called off.",
            "{item}, who played {detail} there in the past, is not among the guests.",
        ),
        recalls=(
            "{short} has won many prizes.",
            "The concert of {short} is nearly sold out.",
            "{short} comes for the first time.",
        ),
        closings=(
            "Tickets are sold by {person}.",
            "{person} chose the programme.",
            "Children do not have to pay.",
        ),
        summary="The festival in {town} presents {list}.",
    ),
    Topic(
        name="sales",
        kind="farm",
        when=PAST,
        details=("too few workers", "high debts", "a long illness", "low prices", "a lack of heirs", "old age"),
        openings=(
            "Several farms around {town} were sold {when}.",
            "A company from {town} bought more land {when}.",
            "The number of farms around {town} is falling, as a list shows that was published {when}.",
        ),
        items=(
            "{item} was sold because of {detail}.",
            "Because of {detail}, {item} has a new owner.",
            "The owners of {item} sold it because of {detail}.",
            "{item} had to be given up, for the reason of {detail}.",
        ),
        exceptions=(
            "{item} is not for sale.",
            "The owners of {item} refused to sell.",
            "{item} was nearly sold because of {detail}, but the family kept it.",
        ),
        recalls=(
            "{short} had been in the same hands for a century.",
            "The neighbours of {short} are sad.",
            "Nobody knows what will become of {short}.",
        ),
        closings=(
            "{person} of the farmers' union is worried.",
            "{person} bought most of the animals.",
            "The prices were not made public.",
        ),
        summary="Farmers around {town} sell {list}.",
    ),
)
