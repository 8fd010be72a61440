// The console's drawings as Compose has them.

package app.baton.app.look

import androidx.compose.foundation.layout.size
import androidx.compose.material3.Icon
import androidx.compose.material3.LocalContentColor
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.SolidColor
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.graphics.vector.addPathNodes
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp

private const val FIELD = 20f
private const val STROKE = 1.5f
private const val BOLD = 2.4f
private val ink = SolidColor(Color.Black)

/** Those that point along the line, and turn round where text runs from right to left. */
private val turning = setOf(Drawing.Left, Drawing.Right, Drawing.Send, Drawing.Swap, Drawing.Undo)

private val vectors: Map<Drawing, ImageVector> by lazy {
    Drawing.entries.associateWith { drawing ->
        ImageVector.Builder(
            name = drawing.name, defaultWidth = 20.dp, defaultHeight = 20.dp,
            viewportWidth = FIELD, viewportHeight = FIELD, autoMirror = drawing in turning,
        ).apply {
            for (path in drawing.paths) {
                val nodes = addPathNodes(path.trimStart('+', '*'))
                if (path.startsWith("+")) {
                    addPath(nodes, fill = ink)
                } else {
                    addPath(
                        nodes, stroke = ink,
                        strokeLineWidth = if (path.startsWith("*")) BOLD else STROKE,
                        strokeLineCap = StrokeCap.Round, strokeLineJoin = StrokeJoin.Round,
                    )
                }
            }
        }.build()
    }
}

/** A drawing; [says] is what it means where no word stands beside it. */
@Composable
fun Drawn(
    drawing: Drawing,
    says: String? = null,
    modifier: Modifier = Modifier,
    size: Dp = 20.dp,
    colour: Color = LocalContentColor.current,
) = Icon(vectors.getValue(drawing), says, modifier.size(size), colour)
