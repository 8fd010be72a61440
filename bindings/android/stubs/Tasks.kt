// What the library uses of Google's tasks, as that declares it: only to compile against.

package com.google.android.gms.tasks

abstract class Task<T> {
    abstract val isSuccessful: Boolean
    abstract val result: T

    abstract fun addOnCompleteListener(listener: OnCompleteListener<T>): Task<T>
}

fun interface OnCompleteListener<T> {
    fun onComplete(task: Task<T>)
}
