# How what apps ship is compiled, besides `[profile.mobile]`; sourced by whatever builds it. Not in
# .cargo/config.toml: the server has the same SQLite, and needs more of it.

# Of SQLite, what the phone's store asks for: tables, indices, transactions, the log of pages. Not
# among it, though the crate turns it on: full text, R-trees, statistics by histogram, extensions
# to load, JSON, dates. Only options that need no parser of their own are here.
export LIBSQLITE3_FLAGS="
  -USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_FTS5
  -USQLITE_ENABLE_RTREE -USQLITE_ENABLE_DBSTAT_VTAB -USQLITE_ENABLE_STAT4
  -USQLITE_ENABLE_MEMORY_MANAGEMENT -USQLITE_ENABLE_LOAD_EXTENSION
  -USQLITE_ENABLE_COLUMN_METADATA -USQLITE_SOUNDEX
  -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_JSON -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_UTF16
  -DSQLITE_OMIT_AUTHORIZATION -DSQLITE_OMIT_TRACE -DSQLITE_OMIT_SHARED_CACHE
  -DSQLITE_OMIT_TCL_VARIABLE -DSQLITE_OMIT_GET_TABLE -DSQLITE_OMIT_INCRBLOB
  -DSQLITE_OMIT_COMPILEOPTION_DIAGS -DSQLITE_OMIT_INTROSPECTION_PRAGMAS
  -DSQLITE_OMIT_DESERIALIZE -DSQLITE_OMIT_DATETIME_FUNCS -DSQLITE_OMIT_DECLTYPE
  -DSQLITE_OMIT_PROGRESS_CALLBACK"

# No panic passes through C: nothing there calls back. What readers of crash reports need to step
# through it is in the symbols (.debug_frame), not in the library.
export CFLAGS="${CFLAGS:-} -fno-asynchronous-unwind-tables -fvisibility=hidden"

# The standard library is compiled with all else: to be small, and without what reads a program's
# symbols to show a backtrace, which a stripped library does not have. std.sh brings its sources;
# the compiler is the pinned one, asked for what it keeps for itself.
shipped_rust=$(scripts/mobile/std.sh) || { held=$?; echo "$shipped_rust"; exit $held; }
export PATH=$shipped_rust/bin:$PATH RUSTC=$shipped_rust/bin/rustc RUSTC_BOOTSTRAP=1
shipped_std=(-Zbuild-std=std,panic_unwind
  -Zbuild-std-features=panic-unwind,optimize_for_size)

# `shipped_flags TARGET FLAG…`: these and its own flags of rustc, as cargo takes them. Not RUSTFLAGS:
# it would replace those of .cargo/config.toml.
shipped_flags() {
  local target=$1 place flags=("${@:2}")
  # With frame pointers, tables for unwinding say a third less of each function, and the functions
  # themselves are no longer for it. Measured on x86_64, and only there turned on.
  [[ $target != x86_64-* ]] || flags+=(-Cforce-frame-pointers=yes)
  # Where sources lay on the machine that compiled them is nobody's business, and 30 kB long.
  for place in "$shipped_rust/lib/rustlib/src/rust" "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    flags+=("--remap-path-prefix=$place/=")
  done
  printf 'target.%s.rustflags=[' "$target"
  printf '"%s",' "${flags[@]}"
  echo ']'
}
