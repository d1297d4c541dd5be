"""Feed documents written for these tests, one for each format and fault."""

from __future__ import annotations

RSS_091 = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://example.org/rss-0.91.dtd">
<rss version="0.91"><channel><title>Old Wire</title><link>http://old.example/</link><description>d</description>
<language>en</language><item><title>Grain shipments rise</title><link>http://old.example/1</link>
<description>A good harvest.</description></item></channel></rss>"""

RSS_10 = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="http://rdf.example/">
<title>Rdf Wire</title><link>http://rdf.example/</link><description>d</description>
<dc:language>de</dc:language></channel>
<item rdf:about="http://rdf.example/1"><title>Zug fährt wieder</title><link>http://rdf.example/1</link>
<description>Kurz.</description><dc:date>2026-02-02T11:00:00+01:00</dc:date><dc:creator>A. Muster</dc:creator>
<content:encoded><![CDATA[<p>Der Zug fährt <b>wieder</b>.</p><p>Ab Montag.</p>]]></content:encoded></item></rdf:RDF>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ru"
 xml:base="http://atom.example/news/">
<title type="html">Степной &lt;b&gt;вестник&lt;/b&gt;</title><id>urn:feed</id>
<updated>2026-02-02T10:00:00Z</updated>
<entry><title>Мост открыт</title><id>urn:1</id><link rel="alternate" href="2026/1.html"/>
<link rel="enclosure" href="x.mp3"/>
<updated>2026-02-02T10:00:00Z</updated><published>2026-02-01T10:00:00+03:00</published>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>Движение <em>восстановлено</em>.</p></div></content></entry>
<entry xml:lang="en"><title type="text">Bridge &lt;open&gt; again</title><id>urn:2</id><link href="/2.html"/>
<updated>2026-02-02T09:00:00Z</updated>
<summary>Short.</summary><content type="html">&lt;p&gt;Long text.&lt;/p&gt;</content></entry>
</feed>"""

JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "Json Wire", "language": "zh-CN",
"home_page_url": "https://json.example/", "items": [
{"id": "1", "url": "/a", "title": "港口 &amp; 铁路", "content_html": "<p>码头<b>重开</b>。</p>",
 "date_published": "2026-02-02T18:00:00+08:00", "authors": [{"name": "记者"}, {"name": "编辑"}]},
{"id": 2, "external_url": "https://other.example/b",
 "content_text": "plain <b>stays</b>", "summary": "short", "language": "en"},
{"title": null, "content_text": ["odd"]}, "not an item"]}"""

BARE = """<rss version="2.0"><channel><title>Bare</title>
<item><title>Only a title</title></item>
<item><description>Only a text</description></item>
<item><link>http://bare.example/3</link></item>
<item><title>Odd date</title><pubDate>whenever</pubDate></item>
<item><title>Far future</title><pubDate>Tue, 03 Feb 2099 10:00:00 GMT</pubDate></item>
<item><title>Year one</title><pubDate>Mon, 01 Jan 0001 00:00:00 GMT</pubDate></item>
<item></item></channel></rss>"""

HINTS = """<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>Hints</title>
<ttl>90</ttl><sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
<skipHours><hour>0</hour><hour>1</hour><hour>24</hour></skipHours>
<skipDays><day>Saturday</day><day>Sunday</day></skipDays>
<item><title>x</title><description>&lt;ttl&gt;1&lt;/ttl&gt;</description></item></channel></rss>"""

PAGE = """<!DOCTYPE html><html><head><title>Harbour Post</title>
<link rel="stylesheet" href="x.css"><link rel='alternate' type='application/rss+xml'
 title="News &amp; more" href='/rss.xml?a=1&amp;b=2'>
<link rel="alternate" hreflang="de" href="/de/"></head><body><p>Welcome</p></body></html>"""

CHALLENGE = """<!DOCTYPE html><html><head><title>Just a moment...</title></head>
<body><script src="/cdn-cgi/challenge-platform/x.js"></script></body></html>"""

EMPTY_CHANNEL = '<?xml version="1.0"?><rss version="2.0"><channel><title>Quiet</title></channel></rss>'

ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><rss version='2.0'><channel><title>Bomb</title><item><title>&j;</title><link>http://b.example/1</link></item>"
    "</channel></rss>"
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss version="2.0"><channel>'
    "<title>Leak</title><item><title>before &x; after</title></item></channel></rss>"
)
