using System.Runtime.InteropServices;

namespace Viddhana.Core.Algorithms;

/// <summary>A share as the kernels read it: <c>struct vk_share</c> of <c>native/vk.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct KernelShare
{
    /// <summary><see cref="CoinbaseWords.Pointer"/> of what the share was mined on; whoever fills it keeps that object alive.</summary>
    public uint* Work;

    /// <summary>extranonce2 in wire order, the first byte in the lowest eight bits; bytes beyond its size are zero.</summary>
    public ulong Extranonce2;

    /// <summary>extranonce1 in wire order, the first byte in the lowest eight bits.</summary>
    public uint Extranonce1;

    /// <summary>Header version.</summary>
    public uint Version;

    /// <summary>Header time.</summary>
    public uint Ntime;

    /// <summary>Header nonce.</summary>
    public uint Nonce;
}
