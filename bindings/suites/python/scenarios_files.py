"""Files that agents send, and files of lines."""

import asyncio
import base64

from baton import CoreError, FileSize, MediaKind

from stage import eventually, expect, lines, scenario

# A white picture of 400 pixels each way, PNG.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAZAAAAGQAQAAAACoxAthAAAAVklEQVR42u3LMQ0AAAwDoPo33WrYu8BPehZFURRFURRFURRF"
    "URRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRF+V4GPNjWZIcwu64AAAAASUVORK5CYII="
)


def content(size):
    return bytes((at * 7 + at // 251) % 256 for at in range(size))


async def half_sent(phone, number, than):
    """Waits until the server has more of a file than that, and says how much."""
    async def more():
        item = await phone.item(number)
        expect(item is not None, "it is sent already")
        return item.file.sent if item.file.sent > than else 0
    sent = await eventually("more of the document is sent", more, within=60)
    item = await phone.item(number)
    expect(sent < item.file.bytes, f"all {sent} bytes are sent already")
    return sent


@scenario(38)
async def files(stage):
    ana = await stage.phone("ana")
    conversation, wa_id = await stage.customer()
    timeline = await ana.timeline(conversation)
    seen = timeline.seen
    photo, document = content(300_000), content(3_000_000)
    try:
        await ana.baton.send_file(conversation, content(6_000_000), seen, kind=MediaKind.IMAGE,
                                  media_type="image/jpeg")
        raise AssertionError("6 MB are taken")
    except CoreError.Refused as error:
        expect("5242880" in error.detail, f"the limit is named: {error.detail}")
    picked = stage.directory() / "picked.pdf"
    picked.write_bytes(document)
    await ana.cut("slow")
    first = await ana.baton.send_file(conversation, photo, seen, kind=MediaKind.IMAGE,
                                      media_type="image/jpeg", caption="Aquí")
    second = await ana.baton.send_file(conversation, picked, seen, kind=MediaKind.DOCUMENT,
                                       media_type="application/pdf", name="factura.pdf")
    picked.unlink()
    third = await ana.baton.reply(conversation, "Es todo", seen)
    sent = 0
    for _ in range(2):
        sent = await half_sent(ana, second.number, sent)
        await ana.restart()
        await ana.go_live()
    await ana.cut("pass")
    await ana.sent(first.number, second.number, third.number)

    async def reached():
        told = await stage.world.ask("reached", wa_id=wa_id)
        return [one["type"] for one in told["reached"]] == ["image", "document", "text"]
    await eventually("all three reach the customer, in order and once", reached)
    got = (await stage.world.ask("files", wa_id=wa_id))["files"]
    wanted = [("image", None, "Aquí", photo), ("document", "factura.pdf", None, document)]
    wanted = [{"kind": kind, "filename": name, "caption": words, "bytes": len(of),
               "is_whole": True} for kind, name, words, of in wanted]
    expect(got == wanted, f"the customer has {got}")


def holds(directory, words):
    """Whether a file below a directory has these bytes in it."""
    return any(words in path.read_bytes() for path in directory.rglob("*") if path.is_file())


async def with_file(timeline, kind):
    """The line with a file of this kind, once the server has the file."""
    def found():
        return next((line for line in lines(timeline) if line.file and line.file.is_STORED()
                     and line.content.kind == kind), None)
    return await eventually(f"the line with a {kind}", found)


async def half_loaded(timeline, message):
    """Waits until some of a file is on the phone, and not all."""
    def found():
        return next((line.loading for line in lines(timeline)
                     if line.id == message and line.loading and line.loading.got), None)
    loading = await eventually("some of the document is there", found)
    expect(loading.got < loading.bytes, f"all {loading.got} bytes are there already")
    return loading.got


@scenario(40)
async def files_of_lines(stage):
    ana, ben = await stage.phone("ana"), await stage.phone("ben")
    conversation, _ = await stage.customer()
    seen = (await ana.timeline(conversation)).seen
    document = content(3_000_000)
    await ana.baton.send_file(conversation, PICTURE, seen, kind=MediaKind.IMAGE,
                              media_type="image/png")
    await ana.baton.send_file(conversation, document, seen, kind=MediaKind.DOCUMENT,
                              media_type="application/pdf", name="factura.pdf")
    timeline = await ben.timeline(conversation)
    picture = await with_file(timeline, MediaKind.IMAGE)
    paper = await with_file(timeline, MediaKind.DOCUMENT)
    newest = await ben.baton.customer_files(conversation, limit=1)
    older = await ben.baton.customer_files(conversation, limit=1, page=newest.next)
    listed = [(one.conversation, one.line.id) for one in newest.files + older.files]
    expect(listed == [(conversation, paper.id), (conversation, picture.id)],
           "the customer's files, the newest first")
    small = await ben.baton.file(conversation, picture.id, FileSize.SMALL)
    expect(small.startswith(b"\xff\xd8"), "the small picture is a JPEG")
    expect(await ben.baton.file(conversation, picture.id) == PICTURE, "the picture is the same")
    await ben.cut("slow_down")
    loading = asyncio.ensure_future(ben.baton.load_file(conversation, paper.id))
    await half_loaded(timeline, paper.id)
    await ben.restart()
    try:
        await loading
        raise AssertionError("the load outlived its core")
    except CoreError.Closed:
        pass
    await ben.go_live()
    timeline = await ben.timeline(conversation)
    loading = asyncio.ensure_future(ben.baton.load_file(conversation, paper.id))
    await half_loaded(timeline, paper.id)
    await ben.cut("pass")
    expect(await loading == len(document), "all of it is there")
    await ben.cut("refuse")
    await ben.baton.network(False)
    expect(await ben.baton.file(conversation, paper.id) == document, "the document is the same")
    expect(await ben.baton.file(conversation, picture.id, FileSize.SMALL) == small,
           "the small picture is the same")
    expect(not holds(ben.directory, document[:1_000]), "nothing of it is plain")
    await ben.cut("pass")
    await ben.go_live()
    await ben.baton.set_file_budget(1_000_000)
    try:
        await ben.baton.load_file(conversation, paper.id)
        raise AssertionError("it has no room")
    except CoreError.Invalid:
        pass
