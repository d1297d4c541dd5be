"""The reader of codebooks: YAML nodes -> definitions, noting every mistake on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import yaml

from tracker.indicators import checking, query
from tracker.indicators.codebook import EVERYWHERE, ICD_203, Codebook, ConceptDefinition, Definition, Entry, digest_of
from tracker.indicators.examples import read_examples
from tracker.indicators.query import QueryError
from tracker.indicators.tree import Concept, Node, Term
from tracker.model import DIRECTIONS, GROUPS, Direction, Example, Group, Indicator
from tracker.yaml_file import YamlFile, is_empty

TOP_KEYS = (
    "version",
    "title",
    "source",
    "inflect",
    "hypotheses",
    "sentences",
    "sources",
    "lexicon",
    "masks",
    "indicators",
)
REQUIRED = ("id", "title", "group", "direction", "query")
INDICATOR_KEYS = (
    *REQUIRED,
    "where",
    "masks",
    "ground",
    "counts",
    "does_not_count",
    "confusable",
    "ratings",
    "diagnosticity",
    "diagnosticity_reason",
    "examples",
)
NAME = re.compile(r"[\w-]+")
ID = re.compile(r"[a-z0-9][a-z0-9-]*")
LANGUAGE = re.compile(r"([a-z]{2,3})( only)?")


def read(path: Path, text: str | None = None) -> Codebook:
    """Read and validate. Raises ConfigError with every mistake found."""
    file = YamlFile(path, text)
    codebook = _Reader(file).codebook()
    file.finish()
    return codebook


class _Reader:
    def __init__(self, file: YamlFile) -> None:
        self.file = file
        self.check = checking.Checker(file)

    def codebook(self) -> Codebook:
        file = self.file
        top = file.mapping(file.root, "the codebook", TOP_KEYS)
        for key in ("version", "indicators"):
            if key not in top:
                file.problem(file.root, f"the key {key} is missing; a codebook needs version and indicators")
        hypotheses = tuple(
            (key.value, file.string(value, f"hypothesis {key.value}"))
            for key, value in file.pairs(top.get("hypotheses"), "hypotheses")
        )
        sentences = self._sentences(top.get("sentences"))
        lexicon = self._lexicon(top.get("lexicon"))
        masks = self._masks(top.get("masks"))
        examples: list[Example] = []
        definitions = tuple(self._definitions(top.get("indicators"), hypotheses, dict(sentences), examples))
        sources = self._sources(top.get("sources"))
        self.check.references(lexicon, masks, definitions)
        return Codebook(
            path=file.path,
            text=file.text,
            digest=digest_of(file.text),
            version=file.string(top.get("version"), "version"),
            title=file.string(top.get("title"), "title"),
            source=file.string(top.get("source"), "source"),
            inflect=file.flag(top.get("inflect"), "inflect", True),
            definitions=definitions,
            lexicon=lexicon,
            masks=masks,
            sources=sources,
            hypotheses=hypotheses,
            sentences=sentences,
            examples=tuple(examples),
        )

    def _sentences(self, node: yaml.Node | None) -> tuple[tuple[str, str], ...]:
        sentences = []
        for key, value in self.file.pairs(node, "sentences"):
            reason = ""
            if not is_empty(value):
                found = self.file.mapping(value, f"sentence {key.value}", ("not_observable",))
                reason = self.file.string(found.get("not_observable"), "not_observable")
                if not reason:
                    self.file.problem(
                        value, f"leave sentence {key.value} empty, or write not_observable: and the reason"
                    )
            sentences.append((key.value, reason))
        return tuple(sentences)

    def _sources(self, node: yaml.Node | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
        sources = []
        for key, value in self.file.pairs(node, "sources"):
            concepts = []
            for item in self.file.items(value, f"source {key.value!r}"):
                name = self.file.string(item, "a concept").removeprefix("@")
                self.check.concept_named(item, name)
                concepts.append(name)
            if "*" in key.value.strip("*") or not key.value.strip("* "):
                self.file.problem(key, "in the name of a source * may stand only at the beginning or the end")
            sources.append((key.value.strip().casefold(), tuple(concepts)))
        return tuple(sources)

    def _lexicon(self, node: yaml.Node | None) -> dict[str, ConceptDefinition]:
        lexicon = {}
        for key, value in self.file.pairs(node, "lexicon"):
            self._name(key, "a concept")
            entries: list[Entry] = []
            masks: tuple[Term | Concept, ...] = ()
            if isinstance(value, yaml.SequenceNode):
                entries = [Entry(term) for term in self._terms(value, f"concept {key.value}")]
            else:
                for part, below in self.file.pairs(value, f"concept {key.value}"):
                    if part.value == "masks":
                        masks = self._mask_list(below, f"masks of {key.value}")
                    elif part.value == "query":
                        entries += self._expression(below, key.value)
                    else:
                        entries += self._language_terms(part, below, key.value)
            if not entries and not self.file.problems:
                self.file.problem(key, f"concept {key.value} holds no term")
            lexicon[key.value] = ConceptDefinition(tuple(entries), masks)
        return lexicon

    def _language_terms(self, part: yaml.ScalarNode, below: yaml.Node, concept: str) -> list[Entry]:
        language = LANGUAGE.fullmatch(part.value)
        if language is None and part.value != "any":
            known = "a language (en, ru, zh only), any, masks or query"
            self.file.problem(part, f"unknown key {part.value!r} in concept {concept}; use {known}")
        only = language[1] if language and language[2] else ""
        return [Entry(term, only) for term in self._terms(below, f"{concept}.{part.value}")]

    def _expression(self, node: yaml.Node, concept: str) -> list[Entry]:
        return [Entry(self._parse(node, f"query of concept {concept}"))]

    def _masks(self, node: yaml.Node | None) -> dict[str, tuple[Term | Concept, ...]]:
        if isinstance(node, yaml.SequenceNode):
            return {EVERYWHERE: self._mask_list(node, "masks")}
        masks = {}
        for key, value in self.file.pairs(node, "masks"):
            self._name(key, "a mask")
            masks[key.value] = self._mask_list(value, f"mask {key.value}")
        return masks

    def _mask_list(self, node: yaml.Node, what: str) -> tuple[Term | Concept, ...]:
        terms = self._terms(node, what, concepts=False)
        return tuple(cast("list[Term | Concept]", terms))

    def _terms(self, node: yaml.Node, what: str, *, concepts: bool = True) -> list[Node]:
        terms: list[Node] = []
        for item in self.file.items(node, what):
            mapping = isinstance(item, yaml.MappingNode)
            found = self._term_with_forms(item) if mapping else self._term(item, f"a term of {what}")
            if found is not None:
                terms.append(found)
                if isinstance(found, Concept):
                    self.check.note(found, item, mask=not concepts)
        return terms

    def _term(self, node: yaml.Node, what: str) -> Term | Concept | None:
        try:
            return query.term(self.file.string(node, what))
        except QueryError as error:
            self.file.problem(node, error.message)
            return None

    def _term_with_forms(self, node: yaml.Node) -> Term | Concept | None:
        found = self.file.mapping(node, "a term with forms", ("term", "forms"))
        text = self.file.string(found.get("term"), "term")
        forms = tuple(self.file.string(form, "a form") for form in self.file.items(found.get("forms"), "forms"))
        if not text or not forms:
            self.file.problem(node, "a term as a mapping wants both: {term: rise, forms: [rise, rises, rising]}")
        elif not all(any(map(str.isalnum, form)) for form in forms):
            self.file.problem(node, "each form needs a letter or a digit")
        else:
            return Term(text, "forms", forms=forms)
        return None

    def _definitions(
        self,
        node: yaml.Node | None,
        hypotheses: tuple[tuple[str, str], ...],
        sentences: Mapping[str, str],
        examples: list[Example],
    ) -> list[Definition]:
        definitions, seen = [], set()
        items = self.file.items(node, "indicators")
        if node is not None and not items:
            self.file.problem(node, "a codebook needs at least one indicator")
        for item in items:
            known = [name for name, _ in hypotheses]
            definition = self._definition(item, known, sentences, examples)
            if definition is not None:
                if definition.indicator.id and definition.indicator.id in seen:
                    self.file.problem(item, f"a second indicator has the id {definition.indicator.id!r}; rename one")
                seen.add(definition.indicator.id)
                definitions.append(definition)
        return definitions

    def _definition(
        self, node: yaml.Node, hypotheses: list[str], sentences: Mapping[str, str], examples: list[Example]
    ) -> Definition | None:
        if not isinstance(node, yaml.MappingNode):
            self.file.problem(node, "an indicator must be a mapping with id, title, group, direction, query")
            return None
        found = self.file.mapping(node, "an indicator", INDICATOR_KEYS)
        text = {
            key: self.file.string(found[key], key) for key in (*REQUIRED, "counts", "does_not_count") if key in found
        }
        name = text.get("id", "")
        called = name or "(no id)"
        for key in REQUIRED:
            if key not in found or (isinstance(found[key], yaml.ScalarNode) and not text[key]):
                needed = f"the indicator {called} needs {'an' if key == 'id' else 'a'} {key}"
                self.file.problem(found.get(key, node), needed)
        if name and not ID.fullmatch(name):
            self.file.problem(found["id"], f"the id {name!r} may hold only small letters a-z, digits and hyphens")
        for key, values in (("group", GROUPS), ("direction", DIRECTIONS)):
            if text.get(key) and text[key] not in values:
                self.file.problem(found[key], f"{key} is one of {', '.join(values)}, not {text[key]!r}")
        tree = self._parse(found.get("query", node), f"query of {called}") if text.get("query") else _unread()
        self.check.tree(tree, found.get("query", node))
        where = self._where(found.get("where"), called)
        masks = self._mask_list(found["masks"], f"masks of {called}") if "masks" in found else ()
        examples += read_examples(self.file, found.get("examples"), name)
        indicator = Indicator(
            id=name,
            title=text.get("title", ""),
            group=cast(Group, text.get("group", "")),
            direction=cast(Direction, text.get("direction", "")),
            query=text.get("query", ""),
            counts=text.get("counts", ""),
            does_not_count=text.get("does_not_count", ""),
            confusable=self._confusable(found.get("confusable")),
            ground=self._ground(found.get("ground"), sentences),
            ratings=self._ratings(found.get("ratings"), hypotheses),
            diagnosticity=self._diagnosticity(found.get("diagnosticity")),
            diagnosticity_reason=self.file.string(found.get("diagnosticity_reason"), "diagnosticity_reason"),
            line=node.start_mark.line + 1,
        )
        return Definition(indicator, tree, where, masks)

    def _where(self, node: yaml.Node | None, indicator: str) -> dict[str, Node]:
        where: dict[str, Node] = {}
        for key, value in self.file.pairs(node, f"where of {indicator}"):
            self._name(key, "a sub-query")
            where[key.value] = self._parse(value, f"sub-query {key.value}")
            self.check.tree(where[key.value], value)
        return where

    def _parse(self, node: yaml.Node, what: str) -> Node:
        if not isinstance(node, yaml.ScalarNode):
            self.file.problem(node, f"the {what} must be text; quotes or a block (|) help where it begins with a sign")
            return _unread()
        try:
            return query.parse(str(node.value))
        except QueryError as error:
            self.file.problem(node, f"{what}: {error.message}", error.offset)
            return _unread()

    def _ground(self, node: yaml.Node | None, sentences: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        ground = []
        for item in self.file.items(node, "ground"):
            found = self.file.mapping(item, "a ground", ("sentence", "says"))
            sentence = self.file.string(found.get("sentence"), "sentence")
            says = self.file.string(found.get("says"), "says")
            if not sentence or not says:
                self.file.problem(item, "a ground wants both: {sentence: S03, says: what it says, in your words}")
            elif sentences and sentence not in sentences:
                self.file.problem(item, f"there is no sentence {sentence} under sentences")
            ground.append((sentence, says))
        return tuple(ground)

    def _ratings(self, node: yaml.Node | None, hypotheses: list[str]) -> tuple[tuple[str, str], ...]:
        ratings = []
        for key, value in self.file.pairs(node, "ratings"):
            word = self.file.string(value, "a rating")
            if word not in ICD_203:
                self.file.problem(value, f"a rating is one of {', '.join(ICD_203)}, not {word!r}")
            if hypotheses and key.value not in hypotheses:
                self.file.problem(key, f"there is no hypothesis {key.value!r}; known are {', '.join(hypotheses)}")
            ratings.append((key.value, word))
        return tuple(ratings)

    def _diagnosticity(self, node: yaml.Node | None) -> str:
        word = self.file.string(node, "diagnosticity")
        if word not in ("", "low", "medium", "high"):
            self.file.problem(node, f"diagnosticity is low, medium or high, not {word!r}")
        return word

    def _confusable(self, node: yaml.Node | None) -> str:
        if isinstance(node, yaml.SequenceNode):
            return ", ".join(self.file.string(item, "confusable") for item in node.value)
        return self.file.string(node, "confusable")

    def _name(self, key: yaml.ScalarNode, what: str) -> None:
        if not NAME.fullmatch(key.value):
            self.file.problem(key, f"the name of {what} may hold letters, digits and hyphens, not {key.value!r}")


def _unread() -> Term:
    """What stands for a query that cannot be read, so that what names it is not blamed as well."""
    return Term("", "plain")
