// The steps that make one list out of another, applied as the core means them.

package app.baton.core

/** A step that does not fit the list: they are not of one subscription, or one was missed. */
class UnfitStep(step: Any) : IllegalStateException("does not fit the list: $step")

/** The list after these steps, in order; positions are those that the steps before left. */
fun List<InboxRow>.after(steps: List<InboxStep>): List<InboxRow> {
    if (steps.isEmpty()) return this
    var list = toMutableList()
    for (step in steps) {
        when (step) {
            is InboxStep.Reset -> list = step.items.toMutableList()
            is InboxStep.Append -> list.addAll(step.items)
            is InboxStep.Insert -> list.insert(step.at, step.items, step)
            is InboxStep.Set -> list.put(step.at, step.item, step)
            is InboxStep.Remove -> list.remove(step.at, step.count, step)
            is InboxStep.Move -> list.move(step.from, step.to, step)
            is InboxStep.Truncate -> list.truncate(step.len, step)
        }
    }
    return list
}

/** As for rows of an inbox. */
@JvmName("afterOfTimeline")
fun List<TimelineEntry>.after(steps: List<TimelineStep>): List<TimelineEntry> {
    if (steps.isEmpty()) return this
    var list = toMutableList()
    for (step in steps) {
        when (step) {
            is TimelineStep.Reset -> list = step.items.toMutableList()
            is TimelineStep.Append -> list.addAll(step.items)
            is TimelineStep.Insert -> list.insert(step.at, step.items, step)
            is TimelineStep.Set -> list.put(step.at, step.item, step)
            is TimelineStep.Remove -> list.remove(step.at, step.count, step)
            is TimelineStep.Move -> list.move(step.from, step.to, step)
            is TimelineStep.Truncate -> list.truncate(step.len, step)
        }
    }
    return list
}

/**
 * What this entry is called for as long as it is the same thing. An act keeps its name when it
 * becomes a line or a note, so that a list keeps its place.
 */
val TimelineEntry.key: String
    get() = when (this) {
        is TimelineEntry.Line -> line.opId ?: line.seen.id
        is TimelineEntry.Note -> note.opId
        is TimelineEntry.Moved -> "moved $atMs"
        is TimelineEntry.Echo -> item.opId
    }

private fun fits(fits: Boolean, step: Any) {
    if (!fits) throw UnfitStep(step)
}

private fun <T> MutableList<T>.insert(at: UInt, items: List<T>, step: Any) {
    fits(at <= size.toUInt(), step)
    addAll(at.toInt(), items)
}

private fun <T> MutableList<T>.put(at: UInt, item: T, step: Any) {
    fits(at < size.toUInt(), step)
    this[at.toInt()] = item
}

private fun <T> MutableList<T>.remove(at: UInt, count: UInt, step: Any) {
    fits(at.toLong() + count.toLong() <= size, step)
    subList(at.toInt(), (at + count).toInt()).clear()
}

private fun <T> MutableList<T>.move(from: UInt, to: UInt, step: Any) {
    fits(from < size.toUInt() && to < size.toUInt(), step)
    add(to.toInt(), removeAt(from.toInt()))
}

private fun <T> MutableList<T>.truncate(len: UInt, step: Any) {
    fits(len <= size.toUInt(), step)
    subList(len.toInt(), size).clear()
}
