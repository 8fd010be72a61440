// Compares every screen in every state with the pictures of apps/phone/golden, which people looked
// at.
//
//   GoldenKt PICTURES OUT [--accept] [--few] [WORD…]   all, some, or those whose name holds a word
//
// A picture that is another one lies in OUT afterwards, beside a mask of what differs.

package app.baton.app

import java.awt.image.BufferedImage
import java.awt.image.IndexColorModel
import java.io.ByteArrayOutputStream
import java.io.File
import javax.imageio.IIOImage
import javax.imageio.ImageIO
import javax.imageio.ImageWriteParam
import javax.swing.SwingUtilities
import kotlin.math.abs
import kotlin.system.exitProcess

/** From this distance in one of its colours on, a pixel is another one. */
private const val FAR = 48

/** So many other pixels are seen; fewer are the rounding of another processor. */
private const val SEEN = 20
private const val COLOURS = 256
private const val OFTEN = 160
private const val OPAQUE = 0xFF000000.toInt()

/** One of each kind: for a test that has no time for all. */
private val few = setOf(
    "sign-in-wrong-phone-light", "inbox-phone-light", "inbox-phone-dark", "inbox-offline-phone-arabic",
    "talk-phone-light", "talk-contended-phone-dark", "talk-kinds-small-200", "talk-note-small-light",
    "talk-arabic-phone-arabic", "sheet-hand-over-phone-light", "sheet-fill-small-200",
    "notices-phone-light", "talk-blank-small-200", "talk-leaving-phone-light", "inbox-found-everywhere-phone-arabic",
    "sheet-how-it-ends-phone-light", "review-phone-light", "review-phone-arabic", "settings-silent-phone-dark", "begin-phone-light",
    "app-talk-tablet-light", "app-review-tablet-dark", "app-settings-tablet-arabic",
)

/** A picture as it is now. */
private fun now(picture: Picture): BufferedImage {
    var bytes = ByteArray(0)
    // Effects that come later do so on this thread: nothing meets a picture being drawn.
    SwingUtilities.invokeAndWait { bytes = picture.draw() }
    return ImageIO.read(bytes.inputStream())
}

private fun BufferedImage.pixels(): IntArray = getRGB(0, 0, width, height, null, 0, width)

private fun channels(colour: Int) = intArrayOf(colour shr 16 and 0xff, colour shr 8 and 0xff, colour and 0xff)

private fun isOther(one: Int, two: Int): Boolean {
    if (one == two) return false
    val (a, b) = channels(one) to channels(two)
    return a.indices.any { abs(a[it] - b[it]) >= FAR }
}

/** Where two pictures differ, in red; null where nobody sees a difference. */
private fun difference(kept: BufferedImage, drawn: BufferedImage): BufferedImage? {
    val mask = BufferedImage(drawn.width, drawn.height, BufferedImage.TYPE_INT_RGB)
    if (kept.width != drawn.width || kept.height != drawn.height) return mask
    val (before, after) = kept.pixels() to drawn.pixels()
    val others = before.indices.filter { isOther(before[it], after[it]) }
    if (others.size < SEEN) return null
    for (at in others) mask.setRGB(at % drawn.width, at / drawn.width, 0xFF0000)
    return mask
}

private fun far(one: Int, two: Int): Long {
    val (a, b) = channels(one) to channels(two)
    return a.indices.sumOf { (a[it] - b[it]).toLong() * (a[it] - b[it]) }
}

/** What is used most, and of the rest what is furthest from that: so a small drawing keeps its own. */
private fun paletteOf(counts: Map<Int, Int>): List<Int> {
    val all = counts.entries.sortedWith(compareBy({ -it.value }, { it.key })).map { it.key }
    val palette = all.take(OFTEN).toMutableList()
    val rest = all.drop(OFTEN)
    val gaps = LongArray(rest.size) { at -> palette.minOf { far(it, rest[at]) } }
    while (palette.size < COLOURS) {
        val next = rest.indices.maxByOrNull { gaps[it] * counts.getValue(rest[it]) }?.takeIf { gaps[it] > 0 } ?: break
        palette += rest[next]
        for (at in rest.indices) gaps[at] = minOf(gaps[at], far(rest[next], rest[at]))
    }
    return palette
}

/** With a palette of what is used most: flat fields stay as they are, edges of letters nearly so. */
private fun paletted(image: BufferedImage): BufferedImage {
    val pixels = image.pixels().onEach { check(it or OPAQUE == it) { "a picture is not opaque" } }
    val counts = HashMap<Int, Int>()
    for (pixel in pixels) counts.merge(pixel, 1, Int::plus)
    val palette = paletteOf(counts)
    val indexes = HashMap<Int, Int>()
    palette.forEachIndexed { at, colour -> indexes[colour] = at }
    fun nearest(colour: Int): Int = palette.indices.minBy { far(palette[it], colour) }
    val model = IndexColorModel(8, palette.size, palette.toIntArray(), 0, false, -1, 0)
    val made = BufferedImage(image.width, image.height, BufferedImage.TYPE_BYTE_INDEXED, model)
    val row = ByteArray(pixels.size) { at -> indexes.getOrPut(pixels[at]) { nearest(pixels[at]) }.toByte() }
    made.raster.setDataElements(0, 0, image.width, image.height, row)
    return made
}

private fun png(image: BufferedImage): ByteArray {
    val bytes = ByteArrayOutputStream()
    val writer = ImageIO.getImageWritersByFormatName("png").next()
    val how = writer.defaultWriteParam.apply {
        compressionMode = ImageWriteParam.MODE_EXPLICIT
        compressionQuality = 0f
    }
    ImageIO.createImageOutputStream(bytes).use { stream ->
        writer.output = stream
        writer.write(null, IIOImage(image, null, null), how)
    }
    writer.dispose()
    return bytes.toByteArray()
}

/** Writes pictures small. */
fun small(image: BufferedImage): ByteArray = png(paletted(image))

private fun kept(file: File): BufferedImage? = if (file.exists()) ImageIO.read(file) else null

fun main(arguments: Array<String>) {
    val (place, out) = arguments.take(2).map(::File)
    val rest = arguments.drop(2)
    val words = rest.filterNot { it.startsWith("--") }
    val isAll = words.isEmpty() && "--few" !in rest
    val all = pictures(1f)
    check(all.map { it.name }.containsAll(few)) { "no picture is named ${few - all.map { it.name }.toSet()}" }
    val chosen = all.filter { picture ->
        (words.isEmpty() || words.any { it in picture.name }) && ("--few" !in rest || picture.name in few)
    }
    out.deleteRecursively()
    out.mkdirs()
    val wrong = mutableListOf<String>()
    for (picture in chosen) {
        val drawn = paletted(now(picture))
        val file = File(place, "${picture.name}.png")
        val mask = kept(file)?.let { difference(it, drawn) ?: continue }
        if ("--accept" in rest) {
            file.parentFile.mkdirs()
            file.writeBytes(png(drawn))
        } else {
            File(out, "${picture.name}.png").writeBytes(png(drawn))
            mask?.let { File(out, "${picture.name}-differs.png").writeBytes(png(it)) }
        }
        wrong += if (mask == null) "${picture.name} is new" else "${picture.name} is another picture"
    }
    val left = place.listFiles().orEmpty().filter { file -> isAll && all.none { "${it.name}.png" == file.name } }
    for (file in left) {
        wrong += "${file.name} is drawn by nothing"
        if ("--accept" in rest) file.delete()
    }
    wrong.forEach(::println)
    val end = if ("--accept" in rest) "written" else "other"
    println("the app: ${chosen.size} pictures, ${wrong.size} $end")
    exitProcess(if (wrong.isEmpty() || "--accept" in rest) 0 else 1)
}
