// Pictures of sixty-four megapixels and more: drawn small, and never held whole.

package app.baton.desk

import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.nio.file.Path
import javax.imageio.ImageIO
import kotlin.io.path.readLines
import kotlin.io.path.writeText
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test

private const val SIDE = 8_000

/** All of it would be 256 MB. */
private const val MORE_MAX = 130_000_000L

class PicturesTest {
    private fun drawn(kind: String, type: Int, width: Int = SIDE, height: Int = SIDE): ByteArray {
        val image = BufferedImage(width, height, type)
        image.createGraphics().apply {
            fillRect(0, 0, width / 2, height)
            dispose()
        }
        return ByteArrayOutputStream().also { ImageIO.write(image, kind, it) }.toByteArray()
    }

    /** The most that this process held of the machine's memory since it was asked to forget. */
    private fun peak(): Long = Path.of("/proc/self/status").readLines()
        .first { it.startsWith("VmHWM:") }.filter(Char::isDigit).toLong() * 1_024

    private fun isSmall(bytes: ByteArray) {
        assumeTrue(System.getProperty("os.name") == "Linux")
        System.gc()
        Path.of("/proc/self/clear_refs").writeText("5")
        val before = peak()
        val picture = checkNotNull(scaledPicture(bytes))
        val more = peak() - before
        assertTrue(maxOf(picture.width, picture.height) in 800..1_600) { "${picture.width} by ${picture.height}" }
        assertTrue(more < MORE_MAX) { "it took $more bytes" }
    }

    @Test
    fun a_photo_of_64_megapixels_is_read_in_eighths() = isSmall(drawn("jpeg", BufferedImage.TYPE_BYTE_GRAY))

    @Test
    fun a_drawing_of_64_megapixels_is_read_in_steps() = isSmall(drawn("png", BufferedImage.TYPE_BYTE_BINARY))

    @Test
    fun a_strip_keeps_its_shape() {
        val picture = checkNotNull(scaledPicture(drawn("png", BufferedImage.TYPE_BYTE_BINARY, 16_000, 100)))
        assertEquals(1_600 to 10, picture.width to picture.height)
    }

    @Test
    fun a_small_one_is_what_it_was() {
        val picture = checkNotNull(scaledPicture(drawn("png", BufferedImage.TYPE_INT_RGB, 320, 240)))
        assertEquals(320 to 240, picture.width to picture.height)
    }

    @Test
    fun what_is_no_picture_or_says_to_be_larger_than_any_is_none() {
        assertNull(scaledPicture("<html>It does not work</html>".toByteArray()))
        assertNull(scaledPicture(ByteArray(0)))
        assertNull(scaledPicture(drawn("png", BufferedImage.TYPE_BYTE_BINARY, 20_000, 20_000)))
        assertNotNull(scaledPicture(drawn("jpeg", BufferedImage.TYPE_INT_RGB, 40, 30)))
    }
}
