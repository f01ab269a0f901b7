# ruff: noqa: E501 - pages and titles as they are sent
"""What came in place of the page that was asked for: challenges as vendors send them, and pages that only look like it."""

import pytest

from scraper.extract import judge_page
from scraper.models import Page

PROSE = "<p>" + "What one reads of this goes on for a while, as articles do. " * 80
LINKS = "".join(f"<li><a href=/{n}>Item {n}</a>" for n in range(60))


def page(html="", *, url="https://a.example/news/article", final_url=None, status=200, **headers):
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Page(
        url=url, final_url=final_url or url, status=status, headers=(("server", "nginx"), *pairs), body=html.encode()
    )


def verdict(html="", **options):
    return judge_page(page(html, **options)).name


CHALLENGES = {
    "Cloudflare": """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
        <meta name="robots" content="noindex,nofollow"></head><body><div class="main-wrapper" role="main"><div class="main-content">
        <noscript><div class="h2"><span id="challenge-error-text">Enable JavaScript and cookies to continue</span></div></noscript>
        </div></div><script>(function(){window._cf_chl_opt = {cvId: '3',cZone: 'a.example'};
        var a = document.createElement('script'); a.src = '/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1?ray=8'; }());
        </script></body></html>""",
    "Cloudflare, German": "<title>Nur einen Moment…</title><h1>a.example</h1><p>Überprüfung, ob Sie ein Mensch sind.</p>",
    "Cloudflare, refusal": """<title>Attention Required! | Cloudflare</title><div id="cf-wrapper"><div id="cf-error-details">
        <h1 data-translate="block_headline">Sorry, you have been blocked</h1></div></div>""",
    "DataDome": """<html><head><title>a.example</title></head><body style="margin:0"><p id="cmsg">Please enable JS and disable any
        ad blocker</p><script>var dd={'rt':'c','cid':'AHrl','hsh':'05','t':'bv','host':'geo.captcha-delivery.com'}</script>
        <script src="https://ct.captcha-delivery.com/c.js"></script></body></html>""",
    "HUMAN": """<title>Access to this page has been denied.</title><div id="px-captcha"></div>
        <script>window._pxAppId = 'PXabc';</script><h1>Press & Hold to confirm you are a human (and not a bot).</h1>""",
    "Akamai": """<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>
        You don't have permission to access "http&#58;&#47;&#47;a&#46;example&#47;" on this server.<P>
        Reference&#32;&#35;18&#46;6f74d217&#46;1700000000&#46;1e3<P>https&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18&#46;6f74</P>
        </BODY></HTML>""",
    "Akamai, interstitial": """<html><head><meta http-equiv="refresh" content="5; URL='/?bm-verify=AAQAAA'" /><title>&nbsp;</title></head>
        <body><div id="sec-if-cpt-container"></div><script>var i = 1;</script></body></html>""",
    "Imperva": """<html><head><META NAME="robots" CONTENT="noindex,nofollow"><script src="/_Incapsula_Resource?SWJIYLWA=5074a744">
        </script></head><body><iframe id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=9&xinfo=4" frameborder=0>
        Request unsuccessful. Incapsula incident ID: 1234-5678</iframe></body></html>""",
    "Distil": """<title>Pardon Our Interruption</title><h1>Pardon Our Interruption</h1><p>As you were browsing something about your
        browser made us think you were a bot.</p><script src="/distil_r_captcha_util.js"></script>""",
    "AWS WAF": """<html><head><title></title><script>window.awsWafCookieDomainList = []; window.gokuProps = {"key":"AQ"};</script>
        <script src="https://x.token.awswaf.com/x/challenge.js"></script></head><body><div id="challenge-container"></div></body></html>""",
    "AWS WAF, captcha": """<title>Human Verification</title><script>window.gokuProps = {}</script><div id=captcha-container></div>""",
    "Amazon": """<title dir="ltr">Amazon.com</title><h4>Enter the characters you see below</h4><p>Sorry, we just need to make sure
        you're not a robot.</p><form method="get" action="/errors/validateCaptcha"><img src="https://images.example/captcha/a.jpg">
        <input type=text id=captchacharacters name=field-keywords></form>""",
    "Sucuri": "<title>Sucuri WebSite Firewall - Access Denied</title><h1>Access Denied - Sucuri Website Firewall</h1>",
    "Sucuri, cookie": "<html><title>You are being redirected...</title><script>var s={};sucuri_cloudproxy_js='';</script></html>",
    "Google": """<title>https://www.google.com/search?q=x</title><form id="captcha-form"><div class="g-recaptcha"></div></form>
        <p>Our systems have detected unusual traffic from your computer network.</p>""",
    "hCaptcha": """<title>a.example</title><h1>One more step</h1><p>Please confirm that you are human to go on.</p>
        <form method=post><div class="h-captcha" data-sitekey=x></div></form><script src="https://js.hcaptcha.com/1/api.js"></script>""",
    "reCAPTCHA": """<title>Are you a robot?</title><p>Please click the box below to let us know you're not a robot.</p>
        <div id=px></div><script src="https://www.google.com/recaptcha/api.js"></script>""",
    "Vercel": "<title>Vercel Security Checkpoint</title><p>We're verifying your browser</p><script>1</script>",
    "Anubis": """<title>Making sure you&#39;re not a bot!</title><script id="anubis_challenge" type="application/json">{}</script>
        <h1>Making sure you&#39;re not a bot!</h1>""",
    "Kasada": "<html><head></head><body><script>window.KPSDK={};KPSDK.now=1;</script><script src='/149e9513/ips.js?x=1'></script></body>",
    "F5": """<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your
        administrator.<br><br>Your support ID is: 123<br></body></html>""",
    "DDoS-Guard": """<title>DDoS-Guard</title><script src="/.well-known/ddos-guard/js-challenge/index.js"></script><h1>Checking</h1>""",
}  # fmt: skip


@pytest.mark.parametrize("vendor", CHALLENGES)
def test_a_challenge_is_blocked_whatever_its_status(vendor):
    found = judge_page(page(CHALLENGES[vendor]))
    assert found.name == "blocked"
    assert found.evidence
    assert verdict(CHALLENGES[vendor], status=403) == "blocked"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"cf_mitigated": "challenge"}),
        (403, {"cf_mitigated": "challenge"}),
        (202, {"x_amzn_waf_action": "challenge"}),
        (405, {"x_amzn_waf_action": "captcha"}),
        (429, {"x_vercel_mitigated": "challenge"}),
        (403, {"x_datadome": "protected"}),
        (403, {"x_sucuri_block": "IP"}),
        (429, {"x_kpsdk_ct": "0abc"}),
    ],
)
def test_a_challenge_is_told_by_its_headers_alone(status, headers):
    found = judge_page(page(status=status, **headers))
    assert found.name == "blocked"
    assert "header" in found.evidence


def test_headers_that_a_vendor_sends_with_every_page_say_nothing_of_a_good_one():
    headers = {"server": "cloudflare", "cf_ray": "8", "x_datadome": "protected", "x_iinfo": "1", "x_kpsdk_ct": "0"}
    assert verdict(f"<title>News</title>{PROSE}", **headers) == "ok"


ORDINARY = {
    "an article about captchas": f"""<title>CAPTCHA</title><h1>CAPTCHA</h1>{PROSE}<p>Sites say "please verify you are a human" and
        "Just a moment...", reCAPTCHA and hCaptcha: &lt;script src="https://js.hcaptcha.com/1/api.js"></p>{LINKS}""",
    "a short article about captchas": """<title>How captchas work</title><h1>How captchas work</h1><p>You are shown a box: "I'm not a
        robot". hCaptcha, reCAPTCHA, cf-turnstile and DataDome (geo.captcha-delivery.com) ask whether you are human.</p>
        <pre>&lt;div class="g-recaptcha">&lt;/div>  window._cf_chl_opt  px-captcha</pre><script>highlight()</script>""",
    "an article called after a challenge": f"<title>Just a moment... | A novel</title><h1>Just a moment</h1>{PROSE}",
    "an article on access denied": f"<title>Access Denied - Support</title>{PROSE}",
    "a short note on access": "<title>Access denied: what to do</title><h1>Access denied: what to do</h1><p>Ask the owner.</p>",
    "a contact form with a captcha": """<title>Contact</title><h1>Write to us</h1><form><input name=n><input type=email name=e>
        <textarea name=t></textarea><div class=g-recaptcha></div></form><p>This site is protected by reCAPTCHA, so that we know
        you are human.</p><script src="https://www.google.com/recaptcha/api.js"></script>""",
    "a page with a vendor's sensor": f"""<title>Shop</title><script src="https://js.datadome.co/tags.js"></script>
        <script>window._pxAppId='PX1'</script><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>
        <script src="/_Incapsula_Resource?SWJIYLWA=719d"></script>{LINKS}{PROSE}""",
    "a guide to logging in": f"<title>Log in | Help centre</title><h1>How to log in</h1>{PROSE}",
    "a page with a login in its header": f"""<title>News of today</title><form action=/login><input name=u>
        <input type=password></form>{LINKS}{PROSE}""",
    "a page with a cookie banner": f"<title>News</title><div id=consent>We value your privacy<button>Accept</button></div>{PROSE}{LINKS}",
    "a page on cookie consent": f"<title>Cookie consent | Law</title><h1>Cookie consent</h1>{PROSE * 3}",
    "a long page called not found": f"<title>Not found | Poems</title>{PROSE}",
    "a page with few words": "<title>x</title><p>ok</p>",
    "an image": "<title>x</title><img src=i.png>",
    "a canvas of an app": "<title>Game</title><canvas></canvas><script>run()</script>",
    "a frameset": "<title>x</title><frameset><frame src=a></frameset>",
    "a single-page app that was rendered": f"<title>App</title><div id=root>{LINKS}</div><noscript>Enable JavaScript</noscript>",
    "a redirect by its author": '<title>Moved</title><p>Redirecting to <a href=b>b</a>...<script>location="b"</script>',
    "a page behind an F5 with its sensor": """<title>News</title><h1>News</h1><p>It rained.</p><script>window["bobcmn"] = "1"</script>""",
    "a page of an app that uses AWS WAF": "<title>App</title><p>Hello</p><script>window.awsWafCookieDomainList = []</script>",
    "a word of warning": "<title>x</title><p>Loading docks and how they are built, in 20 pages, for engineers and for builders</p><script>1</script>",
}  # fmt: skip


@pytest.mark.parametrize("what", ORDINARY)
def test_a_page_that_only_looks_like_it_is_ok(what):
    found = judge_page(page(ORDINARY[what]))
    assert (found.name, found.evidence) == ("ok", None)


def test_a_page_about_an_error_is_what_was_asked_for():
    html = "<title>404 Not Found - HTTP | Docs</title><h1>404 Not Found</h1><p>The server cannot find the resource.</p>"
    assert verdict(html, url="https://docs.example/status/404") == "ok"
    assert verdict(html, url="https://docs.example/status/405") == "soft-404"


NOT_FOUND = [
    "Page not found | Shop",
    "404",
    "404 - Seite nicht gefunden",
    "Error 404 (Not Found)!!1 | x",
    "Page introuvable - Journal",
    "Página no encontrada – Tienda",
    "Pagina non trovata",
    "Página não encontrada",
    "Pagina niet gevonden | Winkel",
    "Nie znaleziono strony",
    "Страница не найдена",
    "Сторінку не знайдено",
    "Stránka nenalezena",
    "Sidan hittades inte",
    "Sivua ei löytynyt",
    "Sayfa bulunamadı",
    "ページが見つかりません",
    "页面不存在",
    "페이지를 찾을 수 없습니다",
    "Oops! That page can’t be found.",
]


@pytest.mark.parametrize("title", NOT_FOUND)
def test_a_not_found_in_many_languages_is_a_soft_404(title):
    found = judge_page(page(f"<title>{title}</title><h1>Sorry</h1><p>Go back to the <a href=/>start</a>.{LINKS}"))
    assert found.name == "soft-404"
    assert "title" in found.evidence


def test_a_soft_404_is_told_by_its_heading_and_by_where_a_redirect_led():
    assert verdict("<title>Shop</title><h1>Page not found</h1><p>Sorry.") == "soft-404"
    assert verdict(f"<title>Shop</title>{PROSE}", final_url="https://a.example/404.html") == "soft-404"
    assert verdict(f"<title>Shop</title>{PROSE}", final_url="https://a.example/error/page-not-found") == "soft-404"
    assert verdict(f"<title>Shop</title>{PROSE}", final_url="https://a.example/other") == "ok"
    item = {"url": "https://a.example/?item=404", "final_url": "https://a.example/items/404"}
    assert verdict(f"<title>Shop</title>{PROSE}", **item) == "ok"
    long = f"<title>Page not found</title><meta name=robots content=noindex>{PROSE}"
    assert verdict(long) == "soft-404"


LOGIN_FORM = "<form method=post><input name=user><input type=password name=pw><button>Go</button></form>"


@pytest.mark.parametrize(
    "title",
    ["Log in", "Sign in to GitHub · GitHub", "Anmelden | Bank", "Connexion", "Iniciar sesión", "ログイン", "Вход"],
)
def test_a_login_page_is_one_by_title_and_password_field(title):
    assert verdict(f"<title>{title}</title>{LOGIN_FORM}{LINKS}") == "login"
    assert verdict(f"<title>{title}</title>{LINKS}") == "ok"


def test_a_login_page_is_told_by_where_a_redirect_led_and_by_having_nothing_else():
    assert verdict("<title>Acme</title><p>x", final_url="https://a.example/login?next=/news/article") == "login"
    assert verdict("<title>Acme</title><p>x", final_url="https://accounts.example/v3/x") == "login"
    assert verdict(f"<title>Acme portal</title><h1>Welcome</h1>{LOGIN_FORM}") == "login"
    registration = LOGIN_FORM.replace("</form>", "<input type=password name=again></form>")
    assert verdict(f"<title>Join Acme</title><h1>Welcome</h1>{registration}") == "ok"


@pytest.mark.parametrize(
    ("html", "options"),
    [
        ("<title>Before you continue to Google Search</title><form><button>Reject all</button></form>", {}),
        ("<title>Bevor Sie zu YouTube weitergehen</title><p>Wir verwenden Cookies.", {}),
        ("<title>DPG Media Privacy Gate</title><p>x", {}),
        (f"<title>x</title>{PROSE}", {"final_url": "https://consent.yahoo.example/v2/collectConsent?sessionId=3"}),
        (f"<title>x</title>{PROSE}", {"final_url": "https://a.example/privacy-gate?back=/news"}),
    ],
)
def test_a_consent_page_is_one(html, options):
    assert verdict(html, **options) == "consent"


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("", "0 bytes"),
        ("<title>App</title>", "no text"),
        ("<title>App</title><body>\n \u200b&nbsp;<br>", "no text"),
        (
            "<title>App</title><body><noscript>You need to enable JavaScript.</noscript><div id=root></div><script>1</script>",
            "You need",
        ),
        ("<title>App</title><div id=app>Loading...</div><script src=app.js></script>", "loading"),
        (
            "<title>App</title><p>Bitte aktivieren Sie JavaScript, um fortzufahren.</p><script src=a.js></script>",
            "javascript",
        ),
    ],
)
def test_a_page_without_text_is_empty(html, said):
    found = judge_page(page(html))
    assert found.name == "empty"
    assert said in found.evidence


def test_a_redirect_to_a_sorry_page_is_a_challenge():
    url = "https://www.google.example/search?q=x"
    assert (
        verdict("<title>x</title>", url=url, final_url="https://www.google.example/sorry/index?continue=x") == "blocked"
    )


@pytest.mark.parametrize("size", [10, 100_000])
def test_c1_a_huge_page_with_a_suspicious_title_is_not_looked_through(size):
    html = "<title>Just a moment...</title>" + "<script>" + "x" * size + "</script>" + "<p>x" * size
    assert verdict(html) == ("blocked" if size == 10 else "ok")
