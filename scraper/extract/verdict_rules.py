"""What pages that are not what was asked for are told by: data, in the order of vendors and of languages."""

from msgspec import Struct


class Challenge(Struct, frozen=True, kw_only=True):
    """What the challenge or the refusal of one vendor is told by. Any one sign will do; all in lower case."""

    name: str
    headers: tuple[tuple[str, str], ...] = ()
    """Name of a response header and what its value contains."""
    refusal_headers: tuple[tuple[str, str], ...] = ()
    """The same, counting only with REFUSAL_STATUSES: these vendors name themselves on every page."""
    titles: tuple[str, ...] = ()
    """A part of the title, of a page with little text."""
    machinery: tuple[str, ...] = ()
    """Stands in a script or an attribute of a page with few elements, never in what a reader sees."""
    words: tuple[str, ...] = ()
    """Stands in what a reader sees, of a page with few elements and few words."""
    paths: tuple[str, ...] = ()
    """Begins the path, or is a part of it, that a redirect led to."""


class Notice(Struct, frozen=True, kw_only=True):
    """What pages of one verdict are told by, whoever made them."""

    verdict: str
    titles: tuple[str, ...] = ()
    """A whole part of the title or of the first heading."""
    openings: tuple[str, ...] = ()
    """Begins such a part."""
    paths: tuple[str, ...] = ()
    """A part of the path that a redirect led to, without a suffix such as `.html`."""
    hosts: tuple[str, ...] = ()
    """The first name of the host that a redirect led to."""


CHALLENGES = (
    Challenge(
        name="Cloudflare",
        # https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
        headers=(("cf-mitigated", "challenge"),),
        titles=(
            *("just a moment", "attention required", "please wait... | cloudflare", "checking your browser"),
            *("einen moment", "nur einen moment", "un instant", "un momento", "um momento", "een moment geduld"),
            *("один момент", "請稍候", "请稍候", "しばらくお待ちください", "잠시만 기다리십시오", "bir dakika lütfen"),
            *("proszę czekać", "ett ögonblick", "et øjeblik", "لحظة من فضلك", "just a second"),
        ),
        machinery=("_cf_chl_opt", "/cdn-cgi/challenge-platform/h/", "cf-error-details", "cf_chl_", "/cdn-cgi/l/chk_"),
        words=("checking your browser before accessing", "used cloudflare to restrict access"),
    ),
    Challenge(
        name="DataDome",
        headers=(("x-dd-b", ""),),
        refusal_headers=(("x-datadome", ""), ("server", "datadome")),
        machinery=("geo.captcha-delivery.com", "ct.captcha-delivery.com/c.js", "interstitial.captcha-delivery.com"),
    ),
    Challenge(
        name="HUMAN (PerimeterX)",
        titles=("access to this page has been denied",),
        machinery=("px-captcha", "captcha.px-cdn.net", "captcha.px-cloud.net", "/captcha/captcha.js?a=c&u="),
        words=("press & hold to confirm you are", "please verify you are a human access to this page"),
    ),
    Challenge(
        name="Akamai",
        titles=("pardon our interruption",),
        machinery=("sec-if-cpt-container", "bm-verify=", "/_sec/cp_challenge/", "sec-cpt-if"),
        words=("errors.edgesuite.net", "you don't have permission to access \"http"),
    ),
    Challenge(
        name="Imperva (Incapsula)",
        machinery=("/_incapsula_resource?cwudnsai=",),  # with another name it is the sensor of every page
        words=("incapsula incident id", "powered by imperva"),
    ),
    Challenge(
        name="Distil",
        machinery=("distil_r_captcha", "distil_identification_block", "/distil_r_blocked"),
        words=("pardon our interruption", "made us think you were a bot", "made us think that you are a bot"),
    ),
    Challenge(
        name="AWS WAF",
        # https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-how-it-works.html
        headers=(("x-amzn-waf-action", ""),),
        machinery=("window.gokuprops", "awswafintegration.checkforcerefresh"),
    ),
    Challenge(
        name="Amazon",
        titles=("robot check", "bot check"),
        machinery=("/errors/validatecaptcha", "opfcaptcha.amazon"),
    ),
    Challenge(
        name="Sucuri",
        headers=(("x-sucuri-block", ""),),
        titles=("sucuri website firewall",),
        machinery=("sucuri_cloudproxy_js",),
        words=("sucuri website firewall",),
    ),
    Challenge(
        name="Google",
        paths=("/sorry/",),
        words=("unusual traffic from your computer network", "our systems have detected unusual traffic"),
    ),
    Challenge(
        name="Yandex",
        titles=("вы не робот?", "are you not a robot?", "вы не робот"),
        machinery=("/checkcaptcha", "/showcaptcha"),
        paths=("/showcaptcha",),
    ),
    Challenge(name="Baidu", titles=("百度安全验证",), paths=("/static/captcha/",)),
    Challenge(
        name="Vercel",
        headers=(("x-vercel-mitigated", ""),),
        titles=("vercel security checkpoint",),
    ),
    Challenge(name="Kasada", refusal_headers=(("x-kpsdk-ct", ""),), machinery=("window.kpsdk", "/ips.js?")),
    Challenge(
        name="DDoS-Guard",
        refusal_headers=(("server", "ddos-guard"),),
        titles=("ddos-guard",),
        machinery=("/.well-known/ddos-guard/js-challenge/", "check.ddos-guard.net/"),
    ),
    Challenge(
        name="Anubis",
        titles=("making sure you're not a bot", "making sure you&#39;re not a bot"),
        machinery=("anubis_challenge", "/.within.website/x/cmd/anubis/"),
    ),
    Challenge(name="Radware", titles=("radware captcha page", "radware block page"), machinery=("/__zenedge/",)),
    Challenge(
        name="F5",
        words=("the requested url was rejected. please consult with your administrator",),
    ),
    Challenge(name="Wordfence", words=("your access to this site has been limited by the site owner",)),
    Challenge(name="Fastly", titles=("client challenge",), machinery=("/_fs-ch-",)),
    Challenge(name="SiteGround", machinery=("/.well-known/sgcaptcha/",), paths=("/.well-known/sgcaptcha/",)),
    Challenge(name="GoEdge", machinery=("/waf/captcha",), titles=("verify yourself",)),
    Challenge(name="Reddit", words=("you've been blocked by network security", "whoa there, pardner")),
    Challenge(
        name="a refusal",
        titles=(
            *("access denied", "zugriff verweigert", "accès refusé", "acceso denegado", "accesso negato"),
            *("acesso negado", "toegang geweigerd", "доступ запрещен", "доступ запрещён", "odmowa dostępu"),
            *("访问被拒绝", "アクセスが拒否されました", "you have been blocked", "request rejected", "security check"),
            *("human verification", "bot verification", "are you a robot", "are you human", "验证码", "安全验证"),
            *("please verify you are a human", "verify you are human", "security verification", "captcha challenge"),
            *("sicherheitsprüfung", "sicherheitsabfrage", "vérification de sécurité", "verificación de seguridad"),
            *("unusual traffic detected", "are you a human", "bist du ein mensch", "êtes-vous un robot"),
        ),
    ),
)
"""Vendors first; the last needs a page with few elements, for its titles are everyone's."""

WIDGETS = (
    *("google.com/recaptcha/", "recaptcha.net/recaptcha/", "g-recaptcha", "hcaptcha.com/", "h-captcha"),
    *("challenges.cloudflare.com/turnstile", "cf-turnstile", "funcaptcha.com", "arkoselabs.com", "geetest"),
    *("smartcaptcha.yandexcloud.net", "frc-captcha", "mtcaptcha.com", "captcha.js", "captcha.php", "captcha.jpg"),
)
"""Machinery of captchas, which many a form has too: with WIDGET_WORDS beside it, they are all that the page is for."""

WIDGET_WORDS = (
    *("not a robot", "are human", "are a human", "you're human", "you are a human", "unusual traffic"),
    *("complete the captcha", "solve the captcha", "security check", "kein roboter", "ein mensch sind"),
    *("pas un robot", "êtes humain", "no eres un robot", "no soy un robot", "es humano", "não é um robô"),
    *("não sou um robô", "non sei un robot", "geen robot", "не робот", "не бот", "nie jesteś robotem", "robot değil"),
    *("ロボットではありません", "人机", "機器人", "机器人", "로봇이 아닙니다", "验证", "驗證"),
)

NOTICES = (
    Notice(
        verdict="soft-404",
        titles=(
            *("404", "error 404", "404 error", "http 404", "404 not found", "404 page not found", "http 404 not found"),
            *(
                "error 404 not found",
                "error 404 (not found)!!1",
                "404 file not found",
                "404 - not found",
                "410 gone",
                "not found",
                "page not found",
            ),
            *("page not found 404", "file not found", "page missing", "page unavailable", "page not available"),
            *("page does not exist", "this page does not exist", "this page doesn't exist", "page doesn't exist"),
            *("the page you requested was not found", "the requested page was not found", "we can't find that page"),
            *("the page you are looking for doesn't exist", "the page you're looking for doesn't exist"),
            *(
                "the page you requested could not be found",
                "the requested page could not be found",
                "page can't be found",
            ),
            *("the page you were looking for doesn't exist", "the page you are looking for does not exist"),
            *(
                "sorry, page not found",
                "oops! page not found",
                "oops, page not found",
                "oops! that page can't be found",
            ),
            *("this page isn't available", "this page is not available", "content not found", "article not found"),
            *("product not found", "document not found", "sorry, this page isn't available", "nothing found"),
            *("this page could not be found", "that page can't be found", "page could not be found", "no page found"),
            *("seite nicht gefunden", "die seite wurde nicht gefunden", "seite wurde nicht gefunden", "nicht gefunden"),
            *("diese seite existiert nicht", "die seite existiert nicht", "seite nicht verfügbar", "fehler 404"),
            *("404 seite nicht gefunden", "404 fehler", "seite existiert nicht"),
            *("page introuvable", "page non trouvée", "erreur 404", "page inexistante", "introuvable"),
            *("cette page n'existe pas", "la page demandée n'existe pas", "la page est introuvable"),
            *("página no encontrada", "no encontrado", "página no disponible", "esta página no existe"),
            *("la página no existe", "no se encontró la página", "no se ha encontrado la página"),
            *("pagina non trovata", "errore 404", "pagina inesistente", "la pagina non esiste", "non trovato"),
            *("página não encontrada", "erro 404", "não encontrado", "esta página não existe", "página inexistente"),
            *("pagina niet gevonden", "niet gevonden", "deze pagina bestaat niet", "fout 404"),
            *("nie znaleziono strony", "strona nie istnieje", "strona nie została znaleziona", "błąd 404"),
            *("страница не найдена", "ошибка 404", "не найдено", "страница не существует", "такой страницы нет"),
            *("сторінку не знайдено", "сторінка не знайдена", "помилка 404"),
            *("stránka nenalezena", "stránka nebyla nalezena", "chyba 404", "stránka neexistuje"),
            *("sidan hittades inte", "sidan kunde inte hittas", "sidan finns inte", "siden blev ikke fundet"),
            *("siden ble ikke funnet", "siden findes ikke", "siden finnes ikke", "fant ikke siden"),
            *("sivua ei löytynyt", "sivua ei löydy", "sayfa bulunamadı", "hata 404", "η σελίδα δεν βρέθηκε"),  # noqa: RUF001
            *("az oldal nem található", "pagina nu a fost găsită", "pagina nu există"),
            *("ページが見つかりません", "お探しのページは見つかりませんでした", "ページが見つかりませんでした"),
            *(
                "お探しのページは見つかりません",
                "页面不存在",
                "页面未找到",
                "找不到页面",
                "找不到网页",
                "您访问的页面不存在",
            ),
            *("頁面不存在", "找不到頁面", "找不到網頁", "페이지를 찾을 수 없습니다", "존재하지 않는 페이지입니다"),
            *("الصفحة غير موجودة", "הדף לא נמצא", "העמוד לא נמצא", "không tìm thấy trang", "trang không tồn tại"),
            *("halaman tidak ditemukan", "ไม่พบหน้า", "ไม่พบหน้าที่คุณต้องการ"),
        ),
        paths=(
            *("404", "404-error", "error-404", "error404", "404error", "page-not-found", "pagenotfound", "not-found"),
            *("notfound", "page_not_found", "seite-nicht-gefunden", "page-introuvable", "pagina-no-encontrada"),
        ),
    ),
    Notice(
        verdict="login",
        titles=(
            *("log in", "login", "log-in", "sign in", "signin", "sign-in", "log on", "logon", "member login"),
            *("user login", "account login", "log in or sign up", "login or register", "sign in or register"),
            *("please log in", "please sign in", "login required", "authentication required", "sign in required"),
            *("anmelden", "anmeldung", "einloggen", "bitte anmelden", "mein konto anmelden"),
            *("connexion", "se connecter", "identification", "connectez-vous", "s'identifier"),
            *("iniciar sesión", "inicia sesión", "inicio de sesión", "acceder", "accedi", "effettua il login"),
            *("entrar", "iniciar sessão", "fazer login", "inloggen", "aanmelden", "zaloguj się", "logowanie"),
            *("вход", "войти", "авторизация", "увійти", "вхід", "přihlášení", "přihlásit se", "logga in", "log ind"),
            *("logg inn", "kirjaudu sisään", "kirjaudu", "giriş yap", "oturum aç", "σύνδεση", "bejelentkezés"),
            *("autentificare", "ログイン", "サインイン", "登录", "用户登录", "登入", "會員登入", "로그인"),
            *("تسجيل الدخول", "התחברות", "כניסה", "đăng nhập", "masuk", "เข้าสู่ระบบ"),
        ),
        openings=("log in to ", "sign in to ", "login to ", "log in with ", "sign in with ", "welcome back, log in"),
        paths=(
            *("login", "log-in", "signin", "sign-in", "sign_in", "log_in", "logon", "wp-login", "user-login"),
            *("anmelden", "connexion", "iniciar-sesion", "accedi", "inloggen"),
            *("servicelogin", "login.aspx", "authwall", "auth-wall", "signon", "sign-on"),
        ),
        hosts=("login", "signin", "accounts", "auth", "sso", "idp"),
    ),
    Notice(
        verdict="consent",
        titles=(
            *(
                "before you continue",
                "privacy consent",
                "cookie consent",
                "your privacy choices",
                "we value your privacy",
            ),
            *("bevor sie weitergehen", "avant d'accéder à google", "antes de continuar", "prima di continuare"),
            *("voordat je verdergaat", "ihre datenschutzeinstellungen", "zustimmung", "cookie-zustimmung"),
            *(
                "consentement",
                "privacy gate",
                "dpg media privacy gate",
                "cookiewall",
                "cookie wall",
                "cookies toestaan",
            ),
            *("yahoo is part of the yahoo family of brands", "yahoo ist teil der yahoo markenfamilie"),
            *("yahoo fait partie de la famille de marques yahoo", "zanim przejdziesz dalej", "прежде чем продолжить"),
        ),
        openings=(
            *(
                "before you continue to ",
                "bevor sie zu ",
                "avant d'accéder à ",
                "antes de continuar a ",
                "antes de ir a ",
            ),
            *("antes de avançar para ", "prima di continuare su ", "voordat je verdergaat naar "),
            *("zanim przejdziesz do ", "прежде чем перейти", "bevor du zu ", "innan du fortsätter till "),
        ),
        paths=(
            *("consent", "collectconsent", "cookie-consent", "cookieconsent", "cookiewall", "cookie-wall"),
            *("privacy-gate", "privacygate", "privacywall", "privacy-wall", "zustimmung", "datenschutz-zustimmung"),
        ),
        hosts=("consent", "guce", "myprivacy", "cookiewall", "privacy-gate"),
    ),
)

LOADING = (
    *("loading", "please wait", "wird geladen", "lädt", "bitte warten", "chargement", "veuillez patienter", "cargando"),
    *("caricamento", "carregando", "загрузка", "ładowanie", "laddar", "yükleniyor", "読み込み中", "加载中"),
    *("載入中", "로딩"),
)
"""How the text begins of a page that its scripts have still to make."""

NEEDS_SCRIPTS = (
    *("enable javascript", "requires javascript", "javascript is required", "javascript is disabled"),
    *("turn on javascript", "javascript must be enabled", "need javascript", "javascript aktivieren"),
    *("aktivieren sie javascript", "javascript deaktiviert", "activer javascript", "activez javascript"),
    *("habilita javascript", "habilite javascript", "activa javascript", "abilita javascript", "ative o javascript"),
    *("включите javascript", "włącz javascript", "启用javascript", "启用 javascript", "javascriptを有効"),
)
"""What such a page says to those who run none."""

MEDIA = frozenset({
    *("img", "picture", "video", "audio", "object", "embed", "iframe", "frame", "canvas", "svg", "math"),
})  # fmt: skip
"""What makes a page without words something to look at."""
