"""Word lists for English inflection. Data only; the rules are in ``english``."""

from __future__ import annotations

LITTLE = frozenset(
    """a an the of to in on at by for with from into onto over under between among against about across after before
    during through toward towards upon within without as and or nor but than that this these those its his her their our
    your my it he she they we you i him them us me who whom which what not no never if per via up down off out away back
    is are was were be been being am has had having does did doing will would shall should can could may might must
    all any both each every more most other some such own same so too very just only also then there here when where why
    how again further once am's isn't aren't wasn't""".split()
)
"""Words that never inflect and before which a noun or a verb of a phrase does."""

FIXED = frozenset(
    """us uk un eu nato usa asean brics opec icbm sco csto wto imf aukus quad who's sino anti pro non pre post ex
    military economic strategic political diplomatic nuclear ballistic public domestic energetic democratic republic's
    national international global regional bilateral multilateral trilateral unilateral lethal fiscal naval aerial annual
    mutual formal informal illegal legal social central federal local rural natural historical territorial industrial
    commercial financial tactical technical chemical biological tropical radical moral final total digital vital
    eastern western northern southern offshore overseas abroad alleged de facto per se vice""".split()
)
"""Words without other forms that matter, mostly adjectives."""

ADJECTIVES = frozenset(
    """close strong deep great high low new old tight tough cheap big large near hard early late long short wide broad
    weak fast slow large small young rich poor heavy light dark bright soft warm cold hot safe fair harsh firm grave
    steep sharp fierce bold wary angry happy easy costly friendly deadly mighty lofty thorny murky gloomy grim""".split()
)
"""Adjectives that are compared with -er and -est."""

NOT_PLURAL = frozenset(
    """bring sing ring king wing thing string spring sting swing fling cling sling wring bus gas plus bias canvas atlas
    need feed seed speed breed bleed deed proceed succeed exceed shed bed wed red led sled ahead
    thrust lens chaos corps series species means headquarters whereas perhaps always texas kansas""".split()
)
"""Dictionary forms that merely look inflected."""

IRREGULAR_NOUNS = {
    "man": "men",
    "woman": "women",
    "child": "children",
    "person": "people",
    "foot": "feet",
    "tooth": "teeth",
    "mouse": "mice",
    "goose": "geese",
    "knife": "knives",
    "life": "lives",
    "wife": "wives",
    "half": "halves",
    "leaf": "leaves",
    "loaf": "loaves",
    "thief": "thieves",
    "wolf": "wolves",
    "shelf": "shelves",
    "self": "selves",
    "criterion": "criteria",
    "phenomenon": "phenomena",
    "memorandum": "memoranda",
    "medium": "media",
    "bacterium": "bacteria",
    "datum": "data",
    "stratum": "strata",
    "aircraft": "aircraft",
    "spacecraft": "spacecraft",
    "hovercraft": "hovercraft",
    "series": "series",
    "species": "species",
    "corps": "corps",
    "sheep": "sheep",
    "fish": "fish",
    "means": "means",
    "headquarters": "headquarters",
    "hero": "heroes",
    "veto": "vetoes",
    "embargo": "embargoes",
    "potato": "potatoes",
    "tomato": "tomatoes",
    "echo": "echoes",
    "cargo": "cargoes",
    "torpedo": "torpedoes",
    "volcano": "volcanoes",
    "chassis": "chassis",
    "serviceman": "servicemen",
    "airman": "airmen",
    "fisherman": "fishermen",
    "businessman": "businessmen",
    "congressman": "congressmen",
    "lawmaker": "lawmakers",
    "spokesman": "spokesmen",
    "spokeswoman": "spokeswomen",
    "spokesperson": "spokespeople",
    "chairman": "chairmen",
    "policeman": "policemen",
    "clergyman": "clergymen",
    "crisis": "crises",
}

IRREGULAR_VERBS = {
    verb: forms
    for line in """
    be:is are was were been; become:became become; begin:began begun; bend:bent; bet:bet; bid:bid bade; bind:bound;
    bite:bit bitten; bleed:bled; blow:blew blown; break:broke broken; breed:bred; bring:brought; build:built;
    burn:burned burnt; burst:burst; buy:bought; cast:cast; catch:caught; choose:chose chosen; cling:clung; come:came come;
    cost:cost; creep:crept; cut:cut; deal:dealt; dig:dug; do:did done; draw:drew drawn; dream:dreamed dreamt;
    drink:drank drunk; drive:drove driven; eat:ate eaten; fall:fell fallen; feed:fed; feel:felt; fight:fought; find:found;
    flee:fled; fling:flung; fly:flew flown; forbid:forbade forbidden; forget:forgot forgotten; forgive:forgave forgiven;
    freeze:froze frozen; get:got gotten; give:gave given; go:went gone; grow:grew grown; hang:hung hanged; have:has had;
    hear:heard; hide:hid hidden; hit:hit; hold:held; hurt:hurt; keep:kept; know:knew known; lay:laid; lead:led;
    lean:leaned leant; learn:learned learnt; leave:left; lend:lent; let:let; lie:lied lay lain; lose:lost; make:made;
    mean:meant; meet:met; pay:paid; put:put; quit:quit; read:read; ride:rode ridden; ring:rang rung; rise:rose risen;
    run:ran run; say:said; see:saw seen; seek:sought; sell:sold; send:sent; set:set; shake:shook shaken; shed:shed;
    shine:shone shined; shoot:shot; show:showed shown; shrink:shrank shrunk; shut:shut; sing:sang sung; sink:sank sunk;
    sit:sat; sleep:slept; slide:slid; speak:spoke spoken; speed:sped speeded; spend:spent; spill:spilled spilt; spin:spun;
    split:split; spread:spread; spring:sprang sprung; stand:stood; steal:stole stolen; stick:stuck; strike:struck stricken;
    strive:strove striven; swear:swore sworn; sweep:swept; swing:swung; take:took taken; teach:taught; tear:tore torn;
    tell:told; think:thought; throw:threw thrown; thrust:thrust; understand:understood; wake:woke woken; wear:wore worn;
    weave:wove woven; win:won; wind:wound; withdraw:withdrew withdrawn; write:wrote written; broadcast:broadcast broadcasted;
    forecast:forecast forecasted; prove:proved proven; shoe:shod; sow:sowed sown; sew:sewed sewn; light:lit lighted;
    knit:knit knitted; leap:leaped leapt; plead:pleaded pled; sneak:sneaked snuck; wed:wed wedded; wet:wet wetted;
    wring:wrung; sting:stung; string:strung; grind:ground; slay:slew slain; forge:forged; ban:banned""".split(";")
    for verb, _, forms in [line.strip().partition(":")]
}

VERBS = frozenset(
    """accept accuse achieve act adapt add address adjust admit adopt advance advise affirm agree aid aim allow amend
    announce annex answer appeal appear apply appoint approve argue arm arrest arrive ask assert assess assist attack
    attempt attend back balk ban bar base blame block blast bomb boost boycott brief call cancel carry cause cement cease
    celebrate challenge change charge chair circumvent cite claim clash clear close coerce collaborate commence commit
    compel compete complain complete comply conceal concern conclude condemn conduct confirm confront consider consolidate
    construct consult contain continue control convene convince cooperate coordinate copy counter court cover create
    criticise curb curtail damage dash debate decide declare decline decouple decrease deepen defend defy delay deliver
    demand demonstrate denounce deny depart depend deploy design destroy detain deter develop devote differ disagree
    discuss dismiss displace dispatch dispute distance diversify divide dominate donate double doubt downgrade drill drop
    dump dwarf ease echo edge elect embrace emerge encircle encourage end endorse enforce engage enhance ensure enter
    equip escalate establish evade exacerbate exceed exchange exclude execute exempt exercise expand expect expel exploit
    explore export express extend face facilitate fail fear file finalise finance fine fire focus follow force foster frame
    freeze fuel fulfil fund gain gather grant greet guarantee guard hail halt hamper harm help highlight hinder host ignore
    impede implement imply import impose improve include increase indicate inform infringe inspect install instruct
    integrate intend intensify intercept interfere intervene introduce invade invest investigate invite issue join jump
    justify kick label labour land launch levy lift limit link list list lobby look lower maintain manage march mark
    match mediate merge mirror mobilise modernise monitor mount move name need negotiate normalise note object observe
    obtain occupy offer open operate oppose order organise oust overhaul oversee own pact part participate pass patrol
    penalise permit persuade pick plan play please pledge plot point pose position postpone praise prepare present
    press pressure prevent proceed process procure produce prohibit project prolong promise promote prompt propose
    prosecute protect protest provide provoke publish pull punish purchase pursue push question raise rally ratify reach
    react reaffirm realign receive recognise recommend reconcile reduce refer reflect refrain refuse regard register
    reinforce reiterate reject relax release rely remain remove renew repair repeat replace reply report request require
    rescue resist resolve respond restore restrict resume retaliate return reveal reverse review revise revive reward
    risk rival roll rule sabotage sail sanction scrap screen secure seize separate serve settle share shelter shift ship
    shun side sign signal skirt slam slap slow smuggle snub solve soar spark speak sponsor stage start state station stay
    stem step stockpile stop store strain stress strengthen stress strip struggle study submit subsidise suffer suggest
    supply support surge surpass surrender suspend sustain swap switch tackle target tariff tax tease test threaten tie
    tighten tilt toast top touch tout track trade train transfer transform transit transport travel treat trigger trust
    try turn undercut undermine unify unite unveil update upgrade uphold urge use utilise value vanish veto view vilify
    violate visit vow wait walk want warn watch weaken weaponise weigh welcome widen wield withhold witness work worry
    worsen yield""".split()
)
"""Verbs that inflect also where they are not the last word before a little word."""

DOUBLING = frozenset(
    """admit commit permit submit omit transmit refer prefer confer defer infer transfer deter incur occur recur compel
    expel propel repel rebel control patrol equip kidnap program handicap begin forget regret abet format quiz""".split()
)
"""Words of more than one syllable that double their last consonant."""

_NOT_ISE = (
    "exerc|enterpr|prom|prec|ra|surpr|comprom|franch|merchand|otherw|pra|rev|superv|expert|disgu|telev|dev|dem|prem|"
    "conc|cru|no|po|treat|improv|exc|adv|ar|w|r|pa|brui|chast|circumc|comp|desp|inc|likew|clockw|apprise|pr|repr|para"
)
_OUR = "hon|col|fav|lab|behavi|neighb|harb|arm|rum|endeav|hum|flav|vig|clam|parl|sav|mis?demean|ranc|ferv|glam"

SPELLINGS: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = (
    (
        (rf"^(?!(?:{_NOT_ISE})is)(\w{{3,}})is(e|ed|es|ing|er|ers|ation|ations)$", r"\1is\2"),
        (r"^(?!s?eiz|pri?z|siz|capsiz)(\w{3,})iz(e|ed|es|ing|er|ers|ation|ations)$", r"\1iz\2"),
    ),
    (
        (rf"^((?:un|dis|mis|be)?(?:{_OUR}))our", r"\1our"),
        (rf"^((?:un|dis|mis|be)?(?:{_OUR}))or(?!ous|ary|ific|izat|isat)", r"\1or"),
    ),
    (
        (r"^(epi|de)?(cent|theat|fib|kilomet|met|lit|calib|sab|spect|meag|somb)re(s?)$", r"\1\2re\3"),
        (r"^(epi)?(cent|theat|fib|kilomet|met|lit|calib|sab|spect|meag|somb)er(s?)$", r"\1\2er\3"),
    ),
    ((r"(def|off|pret)ence(s|less)?$", r"\1ence\2"), (r"(def|off|pret)ense(s|less)?$", r"\1ense\2")),
    ((r"^licence(s?)$", r"licence\1"), (r"^license(s?)$", r"license\1")),
    ((r"^programme(s?)$", r"programme\1"), (r"^program(s?)$", r"program\1")),
    ((r"(anal|paral|catal)ys(e|ed|es|ing)$", r"\1ys\2"), (r"(anal|paral|catal)yz(e|ed|es|ing)$", r"\1yz\2")),
    ((r"^(out)?manoeuvr(e|ed|es|ing)$", r"\1manoeuvr\2"), (r"^(out)?maneuver(e|ed|es|ing)?$", r"\1maneuver\2")),
    ((r"^grey", "grey"), (r"^gray", "gray")),
    ((r"^sceptic", "sceptic"), (r"^skeptic", "skeptic")),
    ((r"^alumini", "alumini"), (r"^alumin(?=um)", "alumini")),
    ((r"(dial|catal|anal)ogue(s?)$", r"\1ogue\2"), (r"(dial|catal|anal)og(s?)$", r"\1og\2")),
    (
        (r"^(fulfi|enro|insta|skilfu|wilfu|disti|appa|enthra)l(s?)$", r"\1l\2"),
        (r"^(fulfi|enro|insta|disti|appa|enthra)ll(s?)$", r"\1ll\2"),
    ),
    ((r"^(judge|acknowledge)ment", r"\1ment"), (r"^(judg|acknowledg)ment", r"\1ment")),
    ((r"^plough", "plough"), (r"^plow", "plow")),
    ((r"^tyre(s?)$", r"tyre\1"), (r"^tire(s?)$", r"tire\1")),
)
"""(British pattern, British spelling), (American pattern, American spelling); a match of one gives the other."""
