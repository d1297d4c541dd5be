"""Which forms terms stand for."""

from __future__ import annotations

import pytest

from tracker.indicators import chinese, english, inflect, russian
from tracker.indicators.tree import Term


@pytest.mark.parametrize(
    ("term", "among", "not_among"),
    [
        ("sanction", {"sanctions", "sanctioned", "sanctioning"}, set()),
        ("supply", {"supplies", "supplied", "supplying"}, set()),
        ("withdraw", {"withdrew", "withdrawn", "withdraws"}, {"withdrawed"}),
        ("ban", {"banned", "banning", "bans"}, {"baned"}),
        ("visit", {"visited", "visiting"}, {"visitted"}),
        ("travel", {"travelled", "traveled"}, set()),
        ("go", {"goes", "went", "gone"}, set()),
        ("veto", {"vetoes", "vetoed"}, set()),
        ("crisis", {"crises"}, set()),
        ("ally", {"allies"}, set()),
        ("spokesman", {"spokesmen"}, set()),
        ("German", {"germans"}, {"germen"}),
        ("unit", {"units"}, {"united"}),
        ("bloc", {"blocs"}, {"blocked"}),
        ("meeting", {"meetings"}, set()),
        ("close", {"closer", "closest", "closed"}, set()),
        ("arms", {"arms"}, {"arm", "armses"}),
        ("discounted", {"discounted"}, {"discount"}),
        ("Chinese", {"chinese"}, {"chineses"}),
        ("Russian", {"russians"}, {"russianed"}),
        ("PRC", {"prc"}, set()),
        ("UAV", {"uavs"}, set()),
        ("defence", {"defense", "defences"}, set()),
        ("organisation", {"organization", "organizations"}, set()),
        ("recognise", {"recognized", "recognising"}, set()),
        ("exercise", {"exercises"}, {"exercize"}),
        ("labour", {"labor"}, set()),
        ("centre", {"center", "centers"}, set()),
        ("programme", {"program", "programs"}, set()),
        ("co-operation", {"cooperation"}, set()),
        ("prisoner of war", {"prisoners of war"}, set()),
        ("impose sanctions", {"imposed sanctions", "imposing sanctions"}, {"imposes sanction"}),
        ("lethal aid", {"lethal aid"}, {"lethals aid"}),
        ("S-400", {"s-400", "s-400s"}, set()),
    ],
)
def test_english(term: str, among: set[str], not_among: set[str]) -> None:
    forms = english.phrase_forms(term.split())
    assert among <= forms
    assert not forms & not_among


@pytest.mark.parametrize(
    ("term", "among", "not_among"),
    [
        ("санкция", {"санкции", "санкций", "санкциями"}, {"санкциею"}),
        ("ядерное оружие", {"ядерного оружия", "ядерным оружием"}, {"ядерного оружием", "ядерным оружьем"}),
        ("совместное заявление", {"совместные заявления", "совместных заявлений"}, set()),
        ("поставка оружия", {"поставки оружия", "поставку оружия"}, {"поставка оружием"}),
        ("вооружённые силы", {"вооружённых сил", "вооружёнными силами"}, {"вооружённая сила"}),
        ("учения", {"учений", "учениях"}, {"учение"}),
        ("министр иностранных дел", {"министра иностранных дел"}, set()),
        ("Владимир Путин", {"владимиром путиным", "владимиру путину"}, {"владимира путиной", "владимиры путины"}),
        ("президент Путин", {"президента путина"}, {"президентами путиными"}),
        ("Си Цзиньпин", {"си цзиньпина", "си цзиньпином"}, set()),
        ("Ли Цян", {"ли цяна", "ли цяном"}, set()),
        (
            "поставить",
            {"поставил", "поставит", "поставивший", "поставленное", "поставлено", "поставив"},
            {"поставлять"},
        ),
        ("ввести санкции", {"ввёл санкции", "введённых санкции"}, {"ввёл санкций"}),
        ("российско-китайский", {"российско-китайских", "российско-китайское"}, set()),
        ("крупнейший партнёр", {"крупнейшего партнёра"}, {"крупного партнёра"}),
        ("мирный договор", {"мирного договора"}, {"мирнейшего договора"}),
        ("Совет Безопасности", {"совета безопасности"}, {"совета безопасностей"}),
        ("КНР", {"кнр"}, set()),
        ("в обход санкций", {"в обход санкций"}, {"в обход санкции"}),
        ("вступить в силу", {"вступил в силу", "вступившее в силу"}, {"вступить в силе"}),
        ("Україна", {"україна"}, {"українаа"}),
    ],
)
def test_russian(term: str, among: set[str], not_among: set[str]) -> None:
    forms = {" ".join(form) for form in russian.phrase_forms(term.split())}
    assert among <= forms
    assert not forms & not_among


def test_chinese() -> None:
    found = chinese.variants(["软件", "台湾", "聯合聲明"])
    assert found["软件"] >= {"软件", "軟件", "軟體"}
    assert found["台湾"] >= {"臺灣", "台灣"}
    assert "联合声明" in found["聯合聲明"]


def test_each_kind_of_term_is_expanded_in_its_way() -> None:
    terms = [
        Term("sanction", "plain"),
        Term("Quad", "exact"),
        Term("nuclear weap", "prefix"),
        Term("rise", "forms", forms=("Rise", "rises")),
        Term("制裁", "inflected"),
        Term("sanction", "inflected"),
    ]
    forms = inflect.expand(terms, inflect=True)
    assert forms[terms[0]] == ("sanction",)
    assert forms[terms[1]] == ("quad",)
    assert forms[terms[2]] == ("nuclear weap",)
    assert forms[terms[3]] == ("rise", "rises")
    assert forms[terms[4]] == ("制裁",)
    assert len(forms[terms[5]]) == 4
    assert all(len(found) == 1 for term, found in inflect.expand(terms, inflect=False).items() if not term.forms)
