namespace Viddhana.Core.Algorithms;

/// <summary>A way to compute the same hash. All give the same bytes; they differ in speed and in what the CPU must have.</summary>
public enum Kernel
{
    /// <summary>The quickest that this CPU has, chosen anew for each count.</summary>
    Auto = 0,

    /// <summary>Plain C.</summary>
    Portable = 1,

    /// <summary>The SHA extensions of x86 (SHA-256 only; in scrypt they serve its two PBKDF2).</summary>
    ShaNi = 2,

    /// <summary>AVX2: 8 messages side by side.</summary>
    Avx2 = 3,

    /// <summary>AVX-512 F, BW and VL: 16 or 32 messages side by side.</summary>
    Avx512 = 4,

    /// <summary>C#: where the native library is missing, and what the native kernels are tested against.</summary>
    Managed = 5,
}
