"""Files that agents send."""

from baton import CoreError, MediaKind

from stage import eventually, expect, scenario


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
