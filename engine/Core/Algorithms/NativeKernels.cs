using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Viddhana.Core.Algorithms;

/// <summary>
/// The kernels of <c>native/</c>. In a natively compiled program they are linked in; otherwise they lie beside the assembly as
/// <c>libviddhana_native.so</c>. Without them the managed twins run.
/// </summary>
public static unsafe partial class NativeKernels
{
    /// <summary>What one scrypt lane needs as scratch.</summary>
    internal const int ScryptLaneBytes = 1024 * 128;

    /// <summary>Most lanes that one call of a scrypt kernel works on; it goes through longer inputs in turns.</summary>
    internal const int ScryptLanesMax = 16;

    private const string Library = "viddhana_native";
    private const uint AbiVersion = 2;

    private static readonly uint Available = Find();

    /// <summary>True when the native kernels are here; otherwise everything is computed by the managed twins.</summary>
    public static bool IsLoaded => Available != 0;

    /// <summary>True when this process can run the kernel.</summary>
    public static bool CanRun(Kernel kernel) => kernel switch
    {
        Kernel.Auto or Kernel.Managed => true,
        _ => (Available >> (int)kernel & 1) != 0,
    };

    /// <summary>One line for the log at start-up: the kernels that this CPU uses.</summary>
    public static string Describe()
    {
        if (!IsLoaded) return "managed (the native kernels are not here)";

        var names = new List<string>();
        foreach (var kernel in Enum.GetValues<Kernel>())
            if (kernel is not (Kernel.Auto or Kernel.Managed) && CanRun(kernel)) names.Add(Name(kernel));

        return string.Join(", ", names);
    }

    /// <summary>The kernel's name in logs and reports: auto, portable, sha-ni, avx2, avx512, managed.</summary>
    public static string Name(Kernel kernel) => kernel switch
    {
        Kernel.Auto => "auto",
        Kernel.Portable => "portable",
        Kernel.ShaNi => "sha-ni",
        Kernel.Avx2 => "avx2",
        Kernel.Avx512 => "avx512",
        _ => "managed",
    };

    // The calls below marked SuppressGCTransition must stay under a microsecond: no collection can start while one runs.
    // Safety: the pointers are pinned by the callers for the time of the call and the sizes are checked there.

    [LibraryImport(Library, EntryPoint = "vk_sha256"), SuppressGCTransition]
    internal static partial void Sha256Short(Kernel kernel, byte* message, nuint length, byte* hash);

    [LibraryImport(Library, EntryPoint = "vk_sha256")]
    internal static partial void Sha256(Kernel kernel, byte* message, nuint length, byte* hash);

    [LibraryImport(Library, EntryPoint = "vk_sha256d"), SuppressGCTransition]
    internal static partial void Sha256dShort(Kernel kernel, byte* messages, nuint length, nuint count, byte* hashes);

    [LibraryImport(Library, EntryPoint = "vk_sha256d")]
    internal static partial void Sha256d(Kernel kernel, byte* messages, nuint length, nuint count, byte* hashes);

    [LibraryImport(Library, EntryPoint = "vk_shares")]
    internal static partial void Shares(Kernel kernel, KernelShare* shares, nuint count, byte* headers, byte* hashes);

    [LibraryImport(Library, EntryPoint = "vk_scrypt")]
    internal static partial void Scrypt(Kernel kernel, byte* headers, nuint count, byte* hashes, byte* scratch);

    [LibraryImport(Library, EntryPoint = "vk_abi_version")]
    private static partial uint ReadAbiVersion();

    [LibraryImport(Library, EntryPoint = "vk_kernels")]
    private static partial uint ReadKernels();

    private static uint Find()
    {
        try
        {
            return ReadAbiVersion() == AbiVersion ? ReadKernels() : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return 0;
        }
    }
}
