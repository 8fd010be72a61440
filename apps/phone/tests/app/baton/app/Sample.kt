// A desk in the middle of a day: what pictures and tests show.

package app.baton.app

import androidx.compose.ui.graphics.ImageBitmap
import app.baton.app.model.BeginState
import app.baton.app.model.Beyond
import app.baton.app.model.Canned
import app.baton.app.model.Composing
import app.baton.app.model.Entry
import app.baton.app.model.Everywhere
import app.baton.app.model.Filling
import app.baton.app.model.InboxState
import app.baton.app.model.ListState
import app.baton.app.model.Names
import app.baton.app.model.NoticesState
import app.baton.app.model.Offered
import app.baton.app.model.OwnState
import app.baton.app.model.ReviewState
import app.baton.app.model.Sheet
import app.baton.app.model.SourcesState
import app.baton.app.model.Stand
import app.baton.app.model.TalkState
import app.baton.app.model.entriesOf
import app.baton.app.model.offerOf
import app.baton.app.model.rowOf
import app.baton.app.words.Language
import app.baton.core.ActKind
import app.baton.core.AskOutcome
import app.baton.core.Attribute
import app.baton.core.Availability
import app.baton.core.Baton
import app.baton.core.CannedReply
import app.baton.core.CannedThen
import app.baton.core.ChoiceKind
import app.baton.core.Colleague
import app.baton.core.ContactField
import app.baton.core.ContextRow
import app.baton.core.ContextSource
import app.baton.core.ContextState
import app.baton.core.ContextWhy
import app.baton.core.ConversationTag
import app.baton.core.CoreException
import app.baton.core.CustomerFile
import app.baton.core.ExcerptPart
import app.baton.core.FilledText
import app.baton.core.Filter
import app.baton.core.FilterStatus
import app.baton.core.FoundIn
import app.baton.core.Header
import app.baton.core.Hit
import app.baton.core.Hold
import app.baton.core.InboxRow
import app.baton.core.InboxView
import app.baton.core.KeptDraft
import app.baton.core.Line
import app.baton.core.LineAuthor
import app.baton.core.LineContent
import app.baton.core.LineFile
import app.baton.core.LineStatus
import app.baton.core.MediaKind
import app.baton.core.MissedLine
import app.baton.core.Named
import app.baton.core.Note
import app.baton.core.Notice
import app.baton.core.NoticeKind
import app.baton.core.OlderLines
import app.baton.core.OutboxFile
import app.baton.core.OutboxItem
import app.baton.core.OutcomeChoice
import app.baton.core.Outcomes
import app.baton.core.OutgoingFile
import app.baton.core.Own
import app.baton.core.OwnOffer
import app.baton.core.OwnReminder
import app.baton.core.Owner
import app.baton.core.People
import app.baton.core.PictureSize
import app.baton.core.PreviewKind
import app.baton.core.Priority
import app.baton.core.PushLevel
import app.baton.core.PushLevels
import app.baton.core.PushState
import app.baton.core.QuietHours
import app.baton.core.Reaction
import app.baton.core.Review
import app.baton.core.ReviewCode
import app.baton.core.SavedView
import app.baton.core.SeenLine
import app.baton.core.ServerHit
import app.baton.core.SetBy
import app.baton.core.SettingHome
import app.baton.core.SignedInDevice
import app.baton.core.SoundShape
import app.baton.core.Stage
import app.baton.core.Standing
import app.baton.core.Status
import app.baton.core.TeamPushLevel
import app.baton.core.Template
import app.baton.core.TemplateStatus
import app.baton.core.TimelineEntry
import app.baton.testing.Preview
import java.time.ZoneId
import java.time.ZoneOffset

/** Friday, 27 November 2026, 11:02 in UTC. */
const val NOW = 1_795_777_320_000L
private const val MINUTE = 60_000L
private const val HOUR = 60 * MINUTE
private const val ARABIC = "أهلًا، هل وصل طلبي؟"

/** Fills as the core does, as far as the samples need it: tests over fakes have no core. */
object FakeFilling : Filling {
    override fun fill(text: String, values: Map<String, String>, names: Map<String, String>): FilledText {
        val filled = text.replace(Regex("\\{\\{(.*?)}}")) { place ->
            val asked = place.groupValues[1].substringAfter("ask:", "")
            val name = place.groupValues[1]
            values[name] ?: "\u27e6${asked.ifEmpty { names[name] ?: name }}\u27e7"
        }
        return FilledText(filled, blanks(filled))
    }

    override fun blanks(text: String) = Regex("\u27e6(.*?)\u27e7").findAll(text).map { it.groupValues[1] }.toList()

    override fun values(fields: List<ContactField>, attributes: List<Attribute>) = emptyMap<String, String>()
}

/** A platform that has nothing but what a test gives it. */
class FakePlatform(private val baton: Baton) : Platform {
    var file: OutgoingFile? = null
    val copied = mutableListOf<String>()
    val browsed = mutableListOf<String>()
    val servers = mutableListOf<String>()
    val forgotten = mutableListOf<String>()

    /** What opening fails with, each once. */
    val failures = ArrayDeque<CoreException>()
    var drawn: ImageBitmap? = null

    /** The core as the app has it. */
    var through: (Baton) -> Baton = { it }

    /** The device's clock. */
    @Volatile var clock = NOW
    override var beganAnew = false
    override var remembered = Remembered("https://desk.example", "demo", "ines@example.com")
    override val language = Language.ENGLISH
    override val zone: ZoneId = ZoneOffset.UTC
    override val isPushed = true
    override val filling = FakeFilling

    override suspend fun open(server: String): Baton {
        servers += server
        failures.removeFirstOrNull()?.let { throw it }
        return through(baton)
    }

    override suspend fun forgets(server: String) {
        forgotten += server
    }

    override suspend fun pickFile() = file
    override fun picture(bytes: ByteArray): ImageBitmap? = drawn
    override suspend fun show(name: String, mediaType: String, bytes: ByteArray) = Unit
    override suspend fun browse(link: String) {
        browsed += link
    }

    override fun copy(text: String) {
        copied += text
    }

    override suspend fun askForPushes(baton: Baton): PushState = PushState.On
    override fun now() = clock
}

object Sample {
    const val ME = Preview.ME
    const val BEN = Preview.COLLEAGUE
    private const val NADIA = "00000000-0000-7000-8000-00000000ad1a"
    private const val MARTA = "marta"

    val people = People(
        agents = listOf(
            Colleague(ME, "Inés Rojas", Availability.AVAILABLE, 4u, 8u, true, true),
            Colleague(BEN, "Ben Adler", Availability.AVAILABLE, 3u, 8u, true, true),
            Colleague(NADIA, "Nadia Haddad", Availability.BUSY, 8u, 8u, true, true),
            Colleague("karim", "Karim Osei", Availability.AWAY, 0u, null, true, false),
        ),
        teams = listOf(Named("sales", "Sales"), Named("workshop", "Workshop")),
        channels = listOf(Named("c1", "+34 600 111 222"), Named("c2", "+44 7700 900 123")),
    )
    val names = Names(people, ME)
    val live = Stand(Standing.Live, NOW, 0, 0)
    val offline = Stand(Standing.Offline, NOW - 5 * MINUTE, 2, 1)

    private val mine = Owner.Agent(ME)
    private val sales = Owner.Queue("sales")

    @Suppress("LongParameterList")
    fun row(
        id: String,
        title: String?,
        preview: String?,
        owner: Owner = mine,
        ago: Long = 3 * MINUTE,
        waits: Long? = null,
        unread: ULong = 0u,
        kind: PreviewKind? = PreviewKind.TEXT,
        byCustomer: Boolean = true,
        status: Status = Status.Open,
        window: Long? = NOW + 20 * HOUR,
    ) = InboxRow(
        id = id, title = title, team = "sales", channel = "c1", owner = owner, ownerEpoch = 1u,
        status = status, unansweredSinceMs = waits?.let { NOW - it }, activityAtMs = NOW - ago,
        preview = preview, previewFromCustomer = byCustomer, previewKind = kind, unread = unread,
        windowUntilMs = window, own = Own(0u, 0u, false), hasDraft = false, hit = null,
    )

    private val urgent = ConversationTag("t1", "Urgent", "red", false, null, false, null, SetBy.ANYONE)
    private val wholesale = ConversationTag("t2", "Wholesale", "blue", true, null, false, null, SetBy.SUPERVISORS)
    val tags = listOf(
        urgent, wholesale,
        ConversationTag("t3", "Reparación de marco", "green", false, null, false, null, SetBy.ANYONE),
        ConversationTag("t4", "شكوى", "orange", false, null, false, null, SetBy.ANYONE),
    )

    val rows: List<InboxRow> = listOf(
        row(MARTA, "Marta Gil", "Al final mejor en azul, si puede ser", ago = 2 * MINUTE, waits = 12 * MINUTE, unread = 2u)
            .copy(tags = listOf("t1", "t4", "t2")),
        row("teresa", "Teresa Vega", null, ago = 21 * MINUTE, waits = 21 * MINUTE, unread = 1u, kind = PreviewKind.IMAGE),
        row("omar", "عمر الحداد", ARABIC, sales, 4 * MINUTE, 4 * MINUTE, 1u),
        row("lucia", "Lucía Fernández de la Torre y Mendoza", "Gracias, hasta mañana", ago = HOUR, byCustomer = false),
        row("sol", "Bakery Sol", "Perfect, two trays for Saturday then", Owner.Agent(BEN), 2 * HOUR).copy(tags = listOf("t2")),
        row("noah", null, null, sales, 3 * HOUR, 3 * HOUR, 3u, PreviewKind.VOICE)
            .copy(windowUntilMs = NOW + 30 * MINUTE),
        row("grace", "Grace Okafor", "I will write again on Monday", ago = 26 * HOUR, status = Status.Snoozed(NOW + 70 * HOUR)),
        row("pete", "Pete", "Is it ready?", ago = 2 * 24 * HOUR, window = NOW - 10 * HOUR)
            .copy(own = Own(1u, 0u, false)),
        row("held", "Aisha Bello", "Could you send the invoice again?", ago = 30 * MINUTE, waits = 2 * MINUTE)
            .copy(own = Own(0u, 1u, false)),
        row("draft", "Tom Berg", "Thanks!", ago = 5 * 24 * HOUR).copy(hasDraft = true),
    )

    fun inbox(of: List<InboxRow> = rows, view: InboxView = InboxView.Mine) = InboxState(
        view, ListState.Loaded(of.map { rowOf(it, names, NOW, tags) }, of.size, false), NOW,
    )

    val found = inbox(
        listOf(
            rows[0].copy(hit = Hit(FoundIn.Line(4u), "Hasta el sábado a las 14:00, en azul", NOW - HOUR)),
            rows[4].copy(hit = Hit(FoundIn.Note(2u), "Prefers the blue boxes", NOW - 9 * HOUR)),
        ),
        InboxView.Search("azul"),
    )

    private val me = LineAuthor.Agent(ME, true)
    private val ben = LineAuthor.Agent(BEN, false)

    fun line(
        seq: Int,
        author: LineAuthor,
        content: LineContent,
        ago: Long,
        status: LineStatus? = if (author == LineAuthor.Customer) null else LineStatus.READ,
    ) = Line(
        id = "line $seq", seq = seq.toULong(), seen = SeenLine(seq.toULong(), "line $seq"),
        author = author, content = content, text = (content as? LineContent.Text)?.text, file = null,
        quoted = null, atMs = NOW - ago, status = status, problem = null, opId = null,
        reactions = emptyList(), edited = null,
    )

    private fun text(text: String) = LineContent.Text(text)
    private fun entry(line: Line) = TimelineEntry.Line(line)
    private val note = Note("n1", BEN, false, NOW - 4 * MINUTE, "La verde tiene un arañazo en la vaina; ofrécele un 5\u00a0%.", "n1")

    fun item(
        number: Int,
        text: String?,
        kind: ActKind = ActKind.REPLY,
        stage: Stage = Stage.WAITING,
        review: Review? = null,
        conversation: String = MARTA,
    ) = OutboxItem(
        number = number.toULong(), opId = "op $number", conversation = conversation, kind = kind,
        text = text, createdAtMs = NOW - MINUTE, stage = stage, behind = null, isClaiming = false,
        review = review,
    )

    private val everything = listOf(
        ChoiceKind.SEND_ANYWAY, ChoiceKind.EDIT, ChoiceKind.TURN_INTO_NOTE, ChoiceKind.DISCARD,
    )

    fun review(
        code: ReviewCode = ReviewCode.STALE,
        missed: List<MissedLine> = listOf(
            MissedLine(SeenLine(6u, "line 6"), false, "En azul nos llega una el jueves."),
            MissedLine(SeenLine(7u, "line 7"), true, "Al final mejor en azul, si puede ser"),
        ),
    ) = Review(code, "stale", missed, BEN, SeenLine(7u, "line 7"), false, everything)

    val held = item(7, "Hasta el sábado a las 14:00, sin problema.", stage = Stage.NEEDS_REVIEW, review = review())
    val tooLate = item(
        8, "Your order leaves today.", stage = Stage.NEEDS_REVIEW, conversation = "pete",
        review = review(ReviewCode.WINDOW_CLOSED, emptyList())
            .copy(choices = listOf(ChoiceKind.TURN_INTO_NOTE, ChoiceKind.DISCARD)),
    )

    private val lines: List<TimelineEntry> = listOf(
        entry(line(1, LineAuthor.Customer, text("Hola! Quería saber si os queda la Sierra en talla M 🙂"), 26 * HOUR)),
        entry(line(2, me, text("Hola Marta, nos queda una en verde. ¿Te la aparto?"), 15 * MINUTE)),
        entry(
            line(3, LineAuthor.Customer, text("¡Sí por favor! ¿Hasta cuándo?"), 12 * MINUTE)
                .copy(reactions = listOf(Reaction(false, "👍"))),
        ),
        TimelineEntry.Note(note),
    )

    private val kinds: List<TimelineEntry> = listOf(
        entry(
            line(11, LineAuthor.Customer, LineContent.Media(MediaKind.IMAGE, "Is it this one?", "image/jpeg", null, null), 40 * MINUTE)
                .copy(file = LineFile.Stored(300_000u, PictureSize(1200u, 900u), null)),
        ),
        entry(
            line(12, LineAuthor.Customer, LineContent.Media(MediaKind.VOICE, null, "audio/ogg", null, null), 39 * MINUTE)
                .copy(file = LineFile.Stored(42_000u, null, SoundShape(9_000u, ByteArray(64) { (it * 37 % 220 + 30).toByte() }))),
        ),
        entry(
            line(13, ben, LineContent.Media(MediaKind.DOCUMENT, null, "application/pdf", "invoice-2026-114.pdf", null), 30 * MINUTE, LineStatus.DELIVERED)
                .copy(file = LineFile.Stored(1_240_000u, null, null)),
        ),
        entry(line(14, ben, LineContent.Interactive("Which one shall we keep for you?", listOf("The green one", "The blue one")), 29 * MINUTE)),
        entry(line(15, LineAuthor.Customer, LineContent.Choice("The blue one", null), 28 * MINUTE).copy(quoted = "line 14")),
        entry(line(16, LineAuthor.Customer, LineContent.TakenBack, 20 * MINUTE)),
        entry(line(17, me, text("It costs 40 € with the discount."), 10 * MINUTE, LineStatus.UNCONFIRMED)),
        entry(line(18, me, text("Shall I send it?"), 9 * MINUTE, LineStatus.FAILED).copy(problem = "WhatsApp refused it")),
        TimelineEntry.Echo(
            item(9, null, ActKind.SEND).copy(file = OutboxFile(MediaKind.DOCUMENT, "application/pdf", "label.pdf", 800_000u, 400_000u)),
        ),
    )

    val header = Header(
        id = MARTA, title = "Marta Gil", owner = mine, ownerEpoch = 3u, isOwnerOnline = true,
        status = Status.Open, unread = 0u, unansweredSinceMs = NOW - 12 * MINUTE,
        windowUntilMs = NOW + 23 * HOUR + 50 * MINUTE, hold = Hold.Nobody, colleagueDraft = null,
        viewers = emptyList(), own = Own(0u, 0u, false),
    )

    fun talk(
        entries: List<TimelineEntry> = lines,
        header: Header? = this.header,
        composing: Composing = Composing(),
        sheet: Sheet? = null,
    ) = TalkState(
        id = MARTA, title = "Marta Gil", header = header, entries = drawn(entries), lines = entries,
        isLoading = false, seen = SeenLine(3u, "line 3"), names = names, composing = composing,
        sheet = sheet, now = NOW,
    )

    private fun drawn(entries: List<TimelineEntry>): List<Entry> = entriesOf(entries, names) {
        java.time.Instant.ofEpochMilli(it).atZone(ZoneOffset.UTC).toLocalDate()
    }

    val writing = talk(composing = Composing("Te la guardo hasta el"))
    val contended = talk(
        lines + entry(line(7, LineAuthor.Customer, text("Al final mejor en azul, si puede ser"), 2 * MINUTE)) +
            TimelineEntry.Echo(held),
        header.copy(
            owner = Owner.Agent(BEN), hold = Hold.Theirs(BEN),
            colleagueDraft = "En azul nos llega una el jueves…", viewers = listOf(BEN),
        ),
    )
    val coached = talk(
        lines.dropLast(1) + TimelineEntry.Note(note.copy(coached = ME)) +
            TimelineEntry.Note(note.copy(id = "n2", opId = "n2", text = "Say when, too.", coached = BEN)),
    )
    val noting = talk(composing = Composing("Ask @B", isNote = true))
    val allKinds = talk(kinds)
    val closed = talk(header = header.copy(windowUntilMs = NOW - HOUR, unansweredSinceMs = null))
    val blocked = talk(header = header.copy(isBlocked = true))
    val called = talk(header = header.copy(priority = Priority.URGENT, reminder = OwnReminder(NOW + 70 * HOUR, true)))
    val ranked = listOf(
        rows[0].copy(priority = Priority.URGENT), rows[1].copy(priority = Priority.HIGH), rows[2],
        rows[3].copy(reminder = OwnReminder(NOW + 70 * HOUR, false)),
    )
    val toMe = rows[2].copy(offer = OwnOffer("o1", NOW + 12_000))
    val offers = listOf(toMe, rows[5].copy(offer = OwnOffer("o2", NOW - 1_000))).mapNotNull { offerOf(it, NOW) }
    val files: List<CustomerFile>
        get() = kinds.filterIsInstance<TimelineEntry.Line>().map { it.line }.filter { it.file != null }.reversed()
            .map { CustomerFile(MARTA, it) }
    val queued = talk(header = header.copy(owner = sales), composing = Composing("Hola Marta"))
    val answering = talk(
        composing = Composing("Sí", quoted = line(3, LineAuthor.Customer, text("¡Sí por favor! ¿Hasta cuándo?"), 12 * MINUTE)),
    ).copy(elsewhere = listOf(row("m2", "Marta Gil", "Hello", Owner.Agent(BEN)).copy(channel = "c2")))
    val replies = listOf(
        canned("r1", "hours", "Opening hours", "We are open from 10 to 18, Monday to Saturday."),
        canned("r2", "parcel", "Where the parcel is", "{{customer.first_name}}, parcel {{ask:Parcel number}} comes on {{ask:Day}}.")
            .copy(then = listOf(CannedThen.Tag("t1"), CannedThen.Resolve(null))),
        canned("r3", "gracias", "Thanks", "¡Gracias, {{customer.first_name}}!"),
    )

    private fun canned(id: String, shortcut: String, title: String, text: String) = CannedReply(
        id = id, home = SettingHome.Workspace, shortcut = shortcut, title = title, text = text,
        notes = true, languages = emptyList(), then = emptyList(), version = 1u,
    )

    val outcomes = Outcomes(
        AskOutcome.REQUIRED,
        listOf(OutcomeChoice("o1", "Sold", null, false), OutcomeChoice("o2", "Sent elsewhere", null, true)),
    )
    val tagged = talk(header = header.copy(tags = listOf("t1", "t2", "t4"))).copy(tags = tags)
    val offered = listOf(
        Offered(replies[0], replies[0].text),
        Offered(replies[1], "Marta, parcel [Parcel number] comes on [Day]."),
        Offered(replies[2], "¡Gracias, Marta!"),
    )
    val slashed = talk(composing = Composing("/")).copy(offered = offered)
    val blank = talk(
        composing = Composing(
            "Marta, parcel \u27e6Parcel number\u27e7 comes on \u27e6Day\u27e7.", blanks = listOf("Parcel number", "Day"),
            canned = Canned("r2", 1u, replies[1].then),
        ),
    ).copy(tags = tags)
    val waiting = line(4, me, text("Te la guardo hasta el sábado."), 3_000L, LineStatus.QUEUED)
        .copy(leavesAtMs = NOW + 7_000)
    val undoable = talk(lines + entry(waiting))
    val unsent = line(4, me, text("On Saturday"), 2 * MINUTE, LineStatus.FAILED)
    val instead = talk(lines + entry(unsent), composing = Composing("On Saturday at noon", replaces = unsent))
    val foundThere = talk().copy(target = 2u)
    val beforeBaton = talk().copy(beyond = Beyond(past = "p", isWhole = true), older = OlderLines.AT_SERVER)
    val draft = KeptDraft(BEN, "En azul nos llega una el jueves, y te la puedo", NOW - 20 * MINUTE)
    val left = talk().copy(drafts = listOf(draft))

    val said = line(3, LineAuthor.Customer, text("¡Sí por favor! ¿Hasta cuándo?"), 12 * MINUTE)
    val template = Template(
        "repair_ready", "es", TemplateStatus.APPROVED, "utility", null,
        "Hola {{1}}, ya ha llegado tu {{2}}. ¿Cuándo te viene bien pasar?", null, emptyList(), null,
    )
    val arabic = talk(
        listOf(
            entry(line(1, LineAuthor.Customer, text(ARABIC), 20 * MINUTE)),
            entry(line(2, ben, text("Hello Omar, it left this morning."), 15 * MINUTE)),
            entry(line(3, LineAuthor.Customer, text("رقم الطلب 4471، شكرًا Ben"), 12 * MINUTE)),
            TimelineEntry.Note(note),
        ),
    ).copy(title = "عمر الحداد")

    private val shop = ContextSource(
        "s1", "Shop", ContextState.FRESH, null, "Marta Gil García",
        listOf(
            ContextRow("Last order", "4471, Sierra M, green", null),
            ContextRow("Paid", "40 €", null),
            ContextRow("Invoice", "See it", "https://shop.example/4471"),
        ),
        NOW,
    )
    private val late = ContextSource(
        "s2", "المستودع", ContextState.UNAVAILABLE, ContextWhy.LATE, null,
        listOf(ContextRow("الحالة", "في الطريق إلى Madrid", null)), NOW - 40 * MINUTE,
    )
    private val nothingKnown = ContextSource("s3", "Loyalty", ContextState.FRESH, null, null, emptyList(), NOW)
    private val refusing = ContextSource("s4", "Ledger", ContextState.UNAVAILABLE, ContextWhy.REFUSED, null, emptyList(), null)
    val sources = listOf(shop, late, nothingKnown, refusing)

    fun card(sources: SourcesState) = talk(sheet = Sheet.Contact).copy(sources = sources)

    fun reviews(vararg items: OutboxItem) = ReviewState(
        held = items.filter { it.review != null }, waiting = items.filter { it.review == null },
        titles = mapOf(MARTA to "Marta Gil", "pete" to "Pete"), names = names, now = NOW,
    )

    val notices = NoticesState(
        notices = listOf(
            Notice(9u, NOW - 2 * MINUTE, NoticeKind.MENTION, MARTA, "Marta Gil", BEN, "@Inés ¿queda la azul?", null, false),
            Notice(8u, NOW - 30 * MINUTE, NoticeKind.REVIEW, "held", "Aisha Bello", null, "The invoice is on its way.", "m", false),
            Notice(7u, NOW - 2 * HOUR, NoticeKind.ASSIGNED, "lucia", "Lucía Fernández de la Torre y Mendoza", NADIA, null, null, true),
            Notice(6u, NOW - 26 * HOUR, NoticeKind.MENTION, "omar", "عمر الحداد", BEN, ARABIC, null, true),
        ),
        unread = 2, isLoading = false, before = 6u, names = names, now = NOW,
    )

    val everywhere = Everywhere.Found(
        customers = listOf(row("azul", "Azul Interiores", "We call you tomorrow", Owner.Agent(BEN), 9 * HOUR)).map { rowOf(it, names, NOW) },
        hits = listOf(
            ServerHit(
                "sol", "Bakery Sol", 41u, "m41", null, true, NOW - 40 * 24 * HOUR,
                listOf(ExcerptPart("Do you have the boxes in ", false), ExcerptPart("azul", true), ExcerptPart(" as well?", false)),
            ),
            ServerHit(
                "grace", "Grace Okafor", 3u, null, "n3", false, NOW - 90 * 24 * HOUR,
                listOf(ExcerptPart("Asked for ", false), ExcerptPart("azul", true)),
            ),
        ),
        next = "more",
    )
    val savedViews = listOf(SavedView("v1", "Snoozed invoices", null, Filter("invoice", FilterStatus.SNOOZED)))

    val own = OwnState(
        devices = listOf(
            SignedInDevice("d1", "Pixel 9", NOW - 200 * HOUR, NOW, true),
            SignedInDevice("d2", "Firefox on Linux", NOW - 900 * HOUR, NOW - 3 * HOUR, false),
        ),
        levels = PushLevels(
            PushLevel.MINE, QuietHours("22:00", "07:00", "Europe/Madrid"),
            listOf(TeamPushLevel("workshop", PushLevel.NOTHING)), false,
        ),
        now = NOW,
    )
    val tooMany = item(
        9, null, ActKind.CLAIM, Stage.NEEDS_REVIEW,
        review(ReviewCode.AT_CAPACITY, emptyList()).copy(choices = listOf(ChoiceKind.DISCARD)),
    )

    val begin = BeginState("+34 600 123 456", "c1")
}
