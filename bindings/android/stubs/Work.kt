// What the library uses of androidx.work, as that declares it: only to compile against.

package androidx.work

import android.content.Context

enum class NetworkType { CONNECTED }

enum class OutOfQuotaPolicy { RUN_AS_NON_EXPEDITED_WORK_REQUEST }

enum class ExistingWorkPolicy { KEEP }

class WorkerParameters

abstract class ListenableWorker(context: Context, parameters: WorkerParameters) {
    val applicationContext: Context = context

    abstract class Result {
        companion object {
            @JvmStatic
            fun success(): Result = Success

            @JvmStatic
            fun retry(): Result = Retry

            @JvmStatic
            fun failure(): Result = Failure
        }

        private object Success : Result()

        private object Retry : Result()

        private object Failure : Result()
    }
}

abstract class CoroutineWorker(context: Context, parameters: WorkerParameters) :
    ListenableWorker(context, parameters) {
    abstract suspend fun doWork(): Result
}

class Constraints {
    class Builder {
        fun setRequiredNetworkType(type: NetworkType): Builder = this

        fun build() = Constraints()
    }
}

class OneTimeWorkRequest(val worker: Class<out ListenableWorker>) {
    class Builder(private val worker: Class<out ListenableWorker>) {
        fun setConstraints(constraints: Constraints): Builder = this

        fun setExpedited(policy: OutOfQuotaPolicy): Builder = this

        fun build() = OneTimeWorkRequest(worker)
    }
}

inline fun <reified W : ListenableWorker> OneTimeWorkRequestBuilder() =
    OneTimeWorkRequest.Builder(W::class.java)

abstract class WorkManager {
    abstract fun enqueueUniqueWork(
        name: String,
        policy: ExistingWorkPolicy,
        request: OneTimeWorkRequest,
    )

    companion object {
        @JvmStatic
        fun getInstance(context: Context): WorkManager = throw NotImplementedError()
    }
}
