"""Word lists for English inflection. Data only; the rules are in ``english``."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LITTLE = _words(
    """
    a an the of to in on at by for with from into onto over under between among against about across after before
    during through toward towards upon within without as and or nor but than that this these those its his her their
    our your my it he she they we you i him them us me who whom which what not no never if per via up down off out
    away is are was were be been being am has had having does did doing will would shall should can could may might
    must all any both each every more most other some such same so too very just only also then there here when where
    why how again further once am's isn't aren't wasn't
    """
)
"""Words that never inflect and before which a noun or a verb of a phrase does."""

FIXED = _words(
    """
    us uk un eu nato usa asean brics opec sco csto wto imf aukus quad who's sino anti non pre ex military economic
    strategic political diplomatic nuclear ballistic public domestic energetic democratic republic's international
    global regional bilateral multilateral trilateral unilateral lethal fiscal naval aerial annual mutual formal
    informal illegal legal social central federal rural natural historical territorial industrial commercial financial
    tactical technical biological tropical radical moral total digital vital eastern western northern southern
    offshore overseas abroad alleged de facto per se vice
    """
)
"""Words without other forms that matter, mostly adjectives."""

ADJECTIVES = _words(
    """
    close strong deep great high low new old tight tough cheap big large hard early late long short wide broad weak
    fast slow small young rich poor heavy light dark bright soft warm cold hot safe fair harsh grave steep sharp
    fierce bold wary angry happy easy costly friendly deadly mighty lofty thorny murky gloomy grim few loud smart soon
    fine tiny busy ugly tall strict healthy wealthy risky tricky messy lucky noisy swift brief calm clear clean cool
    dry full kind mild neat odd plain proud quick quiet rough sad scarce severe shallow sick simple slim smooth sour
    stark stern stiff strange sweet thick thin vague vast wild wise
    """
)
"""Adjectives that are compared with -er and -est."""

NOT_PLURAL = _words(
    """
    bring sing ring king wing thing string spring sting swing fling cling sling wring bus gas plus bias canvas atlas
    need feed seed speed breed bleed deed proceed succeed exceed shed bed wed red led sled ahead thrust lens chaos
    corps series species means headquarters whereas perhaps always texas kansas hundred sacred crooked naked wicked
    kindred hatred
    """
)
"""Dictionary forms that merely look inflected."""

NOT_INVARIANT = _words(
    """
    family ally supply assembly anomaly monopoly reply rally fly bully rely jelly belly butterfly homily tally folly
    finish publish establish punish vanish abolish diminish furnish banish relish polish astonish wish dish fish
    demolish flourish cherish perish brandish cable table fable enable disable vegetable renewable variable valuable
    constable deliverable collectible crucible handful bless
    """
)
"""Words that merely end like adverbs and adjectives."""

IRREGULAR_COMPARATIVES = {
    "good": ("better", "best"),
    "bad": ("worse", "worst"),
    "far": ("farther", "farthest", "further", "furthest"),
    "little": ("less", "least"),
}

IRREGULAR_NOUNS = {
    "human": "humans",
    "german": "germans",
    "roman": "romans",
    "ottoman": "ottomans",
    "norman": "normans",
    "talisman": "talismans",
    "virus": "viruses",
    "woman": "women",
    "child": "children",
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
    "spokesperson": "spokespeople",
    "crisis": "crises",
}

_IRREGULAR = """
    beat:beat beaten; arise:arose arisen; bear:bore borne born; awake:awoke awoken;
    be:is are was were been; become:became become; begin:began begun; bend:bent; bet:bet; bid:bid bade; bind:bound;
    bite:bit bitten; bleed:bled; blow:blew blown; break:broke broken; breed:bred; bring:brought; build:built;
    burn:burned burnt; burst:burst; buy:bought; cast:cast; catch:caught; choose:chose chosen; cling:clung; come:came
    come; cost:cost; creep:crept; cut:cut; deal:dealt; dig:dug; do:did done; draw:drew drawn; dream:dreamed dreamt;
    drink:drank drunk; drive:drove driven; eat:ate eaten; fall:fell fallen; feed:fed; feel:felt; fight:fought;
    find:found; flee:fled; fling:flung; fly:flew flown; forbid:forbade forbidden; forget:forgot forgotten;
    forgive:forgave forgiven; freeze:froze frozen; get:got gotten; give:gave given; go:went gone; grow:grew grown;
    hang:hung hanged; have:has had; hear:heard; hide:hid hidden; hit:hit; hold:held; hurt:hurt; keep:kept; know:knew
    known; lay:laid; lead:led; lean:leaned leant; learn:learned learnt; leave:left; lend:lent; let:let; lie:lied lay
    lain; lose:lost; make:made; mean:meant; meet:met; pay:paid; put:put; quit:quit; read:read; ride:rode ridden;
    ring:rang rung; rise:rose risen; run:ran run; say:said; see:saw seen; seek:sought; sell:sold; send:sent; set:set;
    shake:shook shaken; shed:shed; shine:shone shined; shoot:shot; show:showed shown; shrink:shrank shrunk; shut:shut;
    sing:sang sung; sink:sank sunk; sit:sat; sleep:slept; slide:slid; speak:spoke spoken; speed:sped speeded;
    spend:spent; spill:spilled spilt; spin:spun; split:split; spread:spread; spring:sprang sprung; stand:stood;
    steal:stole stolen; stick:stuck; strike:struck stricken; strive:strove striven; swear:swore sworn; sweep:swept;
    swing:swung; take:took taken; teach:taught; tear:tore torn; tell:told; think:thought; throw:threw thrown;
    thrust:thrust; understand:understood; wake:woke woken; wear:wore worn; weave:wove woven; win:won; wind:wound;
    withdraw:withdrew withdrawn; write:wrote written; broadcast:broadcast broadcasted; forecast:forecast forecasted;
    prove:proved proven; shoe:shod; sow:sowed sown; sew:sewed sewn; light:lit lighted; knit:knit knitted; leap:leaped
    leapt; plead:pleaded pled; sneak:sneaked snuck; wed:wed wedded; wet:wet wetted; wring:wrung; sting:stung;
    string:strung; grind:ground; slay:slew slain; forge:forged; ban:banned
"""
IRREGULAR_VERBS = {verb.strip(): forms for entry in _IRREGULAR.split(";") for verb, _, forms in [entry.partition(":")]}

VERBS = _words(
    """
    accept accuse achieve act adapt add address adjust admit adopt advance advise affirm agree aid aim allow amend
    announce annex answer appeal appear apply appoint approve argue arm arrest arrive ask assert assess assist attack
    attempt attend back balk ban bar base blame block blast bomb boost boycott brief call cancel carry cause cement
    cease celebrate challenge change charge chair circumvent cite claim clash clear close coerce collaborate commence
    commit compel compete complain complete comply conceal concern conclude condemn conduct confirm confront consider
    consolidate construct consult contain continue control convene convince cooperate coordinate copy counter court
    cover create criticise curb curtail damage dash debate decide declare decline decouple decrease deepen defend defy
    delay deliver demand demonstrate denounce deny depart depend deploy design destroy detain deter develop devote
    differ disagree discuss dismiss displace dispatch dispute distance diversify divide dominate donate double doubt
    downgrade drill drop dump dwarf ease echo edge elect embrace emerge encircle encourage end endorse enforce engage
    enhance ensure enter equip escalate establish evade exacerbate exceed exchange exclude execute exempt exercise
    expand expect expel exploit explore export express extend face facilitate fail fear file finalise finance fine
    fire focus follow force foster frame freeze fuel fulfil fund gain gather grant greet guarantee guard hail halt
    hamper harm help highlight hinder host ignore impede implement imply import impose improve include increase
    indicate inform infringe inspect install instruct integrate intend intensify intercept interfere intervene
    introduce invade invest investigate invite issue join jump justify kick label labour land launch levy lift limit
    link list list lobby look lower maintain manage march mark match mediate merge mirror mobilise modernise monitor
    mount move name need negotiate normalise note object observe obtain occupy offer open operate oppose order
    organise oust overhaul oversee own pact part participate pass patrol penalise permit persuade pick plan play
    please pledge plot point pose position postpone praise prepare present press pressure prevent proceed process
    procure produce prohibit project prolong promise promote prompt propose prosecute protect protest provide provoke
    publish pull punish purchase pursue push question raise rally ratify reach react reaffirm realign receive
    recognise recommend reconcile reduce refer reflect refrain refuse regard register reinforce reiterate reject relax
    release rely remain remove renew repair repeat replace reply report request require rescue resist resolve respond
    restore restrict resume retaliate return reveal reverse review revise revive reward risk rival roll rule sabotage
    sail sanction scrap screen secure seize separate serve settle share shelter shift ship shun side sign signal skirt
    slam slap slow smuggle snub solve soar spark speak sponsor stage start state station stay stem step stockpile stop
    store strain stress strengthen stress strip struggle study submit subsidise suffer suggest supply support surge
    surpass surrender suspend sustain swap switch tackle target tariff tax tease test threaten tie tighten tilt toast
    top touch tout track trade train transfer transform transit transport travel treat trigger trust try turn undercut
    undermine unify unite unveil update upgrade uphold urge use utilise value vanish veto view vilify violate visit
    vow wait walk want warn watch weaken weaponise weigh welcome widen wield withhold witness work worry worsen yield
    """
)
"""Verbs that inflect also where they are not the last word before a little word."""

MORE_VERBS = _words(
    """
    abandon abolish absorb abuse accelerate acclaim accomplish account acknowledge acquire activate admire advertise
    advocate affect affiliate age airlift alarm alert align allege allocate alter ambush amount amplify analyze anchor
    anger annul anticipate apologise apologize applaud appreciate approach arrange assault assemble associate assume
    assure attach attract auction augment authorize automate avert avoid await award axe bake balance bankroll bash
    batter battle beg behave believe belong benefit bill blacklist blanket blockade board boast boil bolster boo book
    boom boot borrow bother bow bowl box brace brand breach broker brush bully bump bundle bury calculate camp
    campaign cap capture care carve caution censor center champion chant charm chase chat cheat check cheer chill
    choke chop chronicle clarify clean click climb clinch coach code coincide collapse collect collide colour combine
    comment commission compare complicate compose compound compromise concede concentrate congratulate connect consume
    contact contest contract contribute convert convict cook cool cope correct count couple crack craft cram crash
    credit criticize cross crowd crown crush cry curse curve customize cycle dance dare date debut decry deescalate
    defeat defect define defraud delegitimise delete delight demilitarise demolish deport derail descend describe
    deserve designate detail detect determine diagnose die digest diminish dine dip direct disable disappear
    disappoint disarm disclose disconnect discount discourage discover discriminate disgrace dismantle display disrupt
    dissolve distract distress distribute ditch divert divorce dock document dodge doom down download downplay draft
    drag drain dread dress drown drug dry dub earn eclipse edit elevate eliminate email embark embed emphasize employ
    empower empty enable enact encounter endure engineer enjoy enroll entertain erase erupt escape escort estimate
    evacuate evolve examine exhaust exhibit exile exist exit experience expire explain explode expose expropriate
    extract extradite eye fade fake farm favor favour feature fetch figure fill film finalize finish fit flag flare
    flash flaw flip float flock flood flow foil fold fool foresee form fracture free front fry fulfill funnel gamble
    garner gear generate gift glue govern grab graduate grapple grasp grieve grill grip groom ground guess guide gut
    hack hammer hand handle happen harden hatch hate haul haunt head headline heat hijack hike hint hire honor honour
    hook hope house hunt hype identify ignite illustrate imagine impact impeach impress incorporate indict infect
    inflict influence initiate inject insert insist inspire insult interest internationalise interrupt interview
    intimidate intrigue invent involve isolate jail joke judge kidnap kill kiss knock lack lament lash last laugh leak
    legalize legitimise level leverage liberate license line listen live livestream load locate lock lodge log loom
    loot love lure mandate manipulate manufacture map market marry mask massacre measure melt mention message
    militarise militarize mislead miss misunderstand mock modify mourn murder nab nail narrow nationalise navigate
    near neglect neutralise nix nominate notice notify number obscure occur offend offload opt optimize organize
    outlaw outline outpace outrage outsell outspend overcome overlook override overshadow overtake overthrow overturn
    overwhelm owe pace pack package paint pair parade pardon park partner patch pause pave peak pen perform phase
    photograph picture pile pin pioneer pitch place plague plant plug plummet plunge poison polish poll pop portray
    possess post pound pour power predict premiere preserve pretend prevail preview price print prioritize privatise
    probe programme propel pump punch puzzle qualify quarantine quiz quote race rack radicalise rage raid rail ram
    ramp range rank rape rate rattle realise realize rearm reassure rebound rebrand rebuild recall reclaim recognize
    record recount recover recreate recruit recycle redefine redesign reel reexport reference reform refresh refuel
    regain regret regulate reignite reinstate reinvent relate relieve relocate remember remilitarise remind render
    rent reopen repatriate repel represent reroute research resell resemble reserve reshape resign respect restart
    result resupply retain retake rethink retire retreat retrieve reunite revamp revisit revoke rewrite rig rip roast
    rob rock rocket root round ruin rumour rush sack salute sanitise satisfy save scale scam scan scar scare schedule
    scoop score scramble scream script seal search season seat securitise seed seem select sentence sever shame shape
    shell shield shock shop shorten shout showcase shrug shutter sideline silence simplify simulate size skate skill
    skip skyrocket slash slaughter slice slip slump smash smear smile smoke snap snatch sort sound source span spar
    spare spawn spell spike spiral splash spoil sport spot spray spur spy squeeze stab stack staff stall stare steer
    stir stoke storm strand strap stream streamline stretch stuff stumble stump stun style subject succeed sue sum
    summon suppress surf surface surprise surround survey survive suspect swallow swarm tailor talk tap tape task
    taste tattoo team tend terminate testify text theme thrash thrill thrive thwart tick time tip topple torch torture
    toss tour tow trace trail translate trap trash trend trick triple triumph troll trouble tumble tune tweak tweet
    twist uncover underestimate undergo underscore undertake unearth unleash unlock upend upload usher utilize vary
    verify vet voice vote wage wander warm warp wash waste water wave wheel whip wipe wire wish wonder wrap wreck
    """
)
"""Further verbs, many of them nouns too; they inflect as verbs only where they are the head of a term."""

DOUBLING = _words(
    """
    admit commit permit submit omit transmit refer prefer confer defer infer transfer deter incur occur recur compel
    expel propel repel rebel control patrol equip kidnap program handicap begin forget regret abet format quiz embed
    """
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
