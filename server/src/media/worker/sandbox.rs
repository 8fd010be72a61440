//! What the worker gives up: files, network, other processes, and most of memory and time.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Address space, with what the program itself takes.
const ADDRESSES_MAX: u64 = 512 * 1024 * 1024;
/// Seconds of computing.
const SECONDS_MAX: u64 = 2;

/// Why there is no sandbox.
#[derive(Debug)]
pub(super) struct NoSandbox;

/// Gives everything up, for the rest of this process's life.
pub(super) fn enter() -> Result<(), NoSandbox> {
    let limits = [
        (Resource::As, ADDRESSES_MAX),
        (Resource::Cpu, SECONDS_MAX),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, 0),
        (Resource::Nproc, 0),
    ];
    for (resource, most) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|_refused| NoSandbox)?;
    }
    filter()
}

/// The system calls that are left: to read and write what is open, for memory, and to end. A call
/// of another one fails.
#[cfg(target_os = "linux")]
fn filter() -> Result<(), NoSandbox> {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Compared,
        SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    };

    const ALLOWED: [libc::c_long; 19] = [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getrandom,
        libc::SYS_madvise,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_write,
        libc::SYS_writev,
    ];
    // Memory, but none that can be run.
    const DATA_ONLY: [libc::c_long; 2] = [libc::SYS_mmap, libc::SYS_mprotect];
    const PROTECTION: u8 = 2;

    let build = || -> Result<BpfProgram, seccompiler::BackendError> {
        let run = u64::from(libc::PROT_EXEC.unsigned_abs());
        let is_data = SeccompCondition::new(PROTECTION, Width::Dword, Compared::MaskedEq(run), 0)?;
        let is_data = SeccompRule::new(vec![is_data])?;
        let free = ALLOWED.into_iter().map(|call| (call, Vec::new()));
        let data = DATA_ONLY.into_iter().map(|call| (call, vec![is_data.clone()]));
        let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        let arch = TargetArch::try_from(std::env::consts::ARCH)?;
        SeccompFilter::new(free.chain(data).collect(), refused, SeccompAction::Allow, arch)?
            .try_into()
    };
    let program = build().map_err(|_unknown| NoSandbox)?;
    seccompiler::apply_filter(&program).map_err(|_refused| NoSandbox)
}

/// Elsewhere nothing keeps a decoder from files and network: no small pictures are made.
#[cfg(not(target_os = "linux"))]
fn filter() -> Result<(), NoSandbox> {
    Err(NoSandbox)
}
