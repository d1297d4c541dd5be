"""Names of languages, for readers who do not know the codes."""

from __future__ import annotations

OWN = "en"
"""The language of the mails themselves, of which nothing need be said."""
_NAMES = {
    "ar": "Arabic", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian",
    "mn": "Mongolian", "ms": "Malay", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sr": "Serbian", "sv": "Swedish", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def is_own(tag: str) -> bool:
    """Whether a text with this tag is in the language of the mails; one without a tag is taken for it."""
    return not tag or tag.partition("-")[0].lower() == OWN


def name(tag: str) -> str:
    """``in Chinese`` for zh-Hant; the code where we have no name for it, nothing for the mails' own language."""
    if is_own(tag):
        return ""
    return f"in {_NAMES.get(tag.partition('-')[0].lower(), tag.upper())}"
