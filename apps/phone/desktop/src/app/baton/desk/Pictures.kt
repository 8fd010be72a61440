// Pictures of files, no larger than a bubble needs them: a large one is never decoded whole.

package app.baton.desk

import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.asComposeImageBitmap
import androidx.compose.ui.graphics.toComposeImageBitmap
import java.io.IOException
import javax.imageio.ImageIO
import javax.imageio.ImageReader
import org.jetbrains.skia.Bitmap
import org.jetbrains.skia.Codec
import org.jetbrains.skia.Data
import org.jetbrains.skia.Image
import org.jetbrains.skia.ImageInfo

/** Longer sides are of no use in a bubble. */
private const val SIDE_MAX = 1_600

/** So many pixels are no work to decode whole. */
private const val SMALL = 4_000_000L

/** No camera makes more; what says so wants memory. */
private const val PIXELS_MAX = 120_000_000L

/** A picture of JPEG is read in eighths of its size. */
private const val EIGHTHS = 8

/** The picture that these bytes are; null where they are none, or one that nobody can hold. */
fun scaledPicture(bytes: ByteArray): ImageBitmap? = try {
    val codec = Codec.makeFromData(Data.makeFromBytes(bytes))
    val info = codec.imageInfo
    val pixels = info.width.toLong() * info.height
    when {
        pixels > PIXELS_MAX -> null
        pixels <= SMALL && maxOf(info.width, info.height) <= SIDE_MAX -> Image.makeFromEncoded(bytes).toComposeImageBitmap()
        else -> inEighths(codec, info) ?: inSteps(bytes)
    }
} catch (_: IllegalArgumentException) {
    null
}

/** Null where its kind cannot be read so. */
private fun inEighths(codec: Codec, info: ImageInfo): ImageBitmap? {
    val longest = maxOf(info.width, info.height)
    val eighths = (EIGHTHS downTo 1).firstOrNull { longest.toLong() * it / EIGHTHS <= SIDE_MAX } ?: 1
    fun scaled(side: Int) = (side.toLong() * eighths + EIGHTHS - 1).div(EIGHTHS).toInt()
    return try {
        val bitmap = Bitmap().also { it.allocPixels(info.withWidthHeight(scaled(info.width), scaled(info.height))) }
        codec.readPixels(bitmap)
        bitmap.setImmutable().asComposeImageBitmap()
    } catch (_: IllegalArgumentException) {
        null
    }
}

/** Every second, third or later pixel of every such row: other rows are never held. */
private fun inSteps(bytes: ByteArray): ImageBitmap? = try {
    ImageIO.createImageInputStream(bytes.inputStream()).use { from ->
        val reader: ImageReader? = ImageIO.getImageReaders(from).asSequence().firstOrNull()
        reader?.apply { input = from }?.let { read ->
            val step = (maxOf(read.getWidth(0), read.getHeight(0)) + SIDE_MAX - 1) / SIDE_MAX
            val how = read.defaultReadParam.apply { setSourceSubsampling(step, step, 0, 0) }
            read.read(0, how).toComposeImageBitmap().also { read.dispose() }
        }
    }
} catch (_: IOException) {
    null
}
