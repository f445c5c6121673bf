using System.Runtime.InteropServices;

namespace Viddhana.Backoffice.Accounts.Signatures;

/// <summary>The library that checks signatures is not on this machine.</summary>
/// <param name="message">What is missing and how to install it.</param>
public sealed class SignatureLibraryException(string message) : Exception(message);

/// <summary>
/// libsecp256k1 with its modules recovery, extrakeys and schnorrsig, by the functions that all its releases since 0.2 share. The library is
/// loaded at first use, so that a pool whose miners never sign runs without it.
/// </summary>
internal static unsafe class Secp256k1
{
    /// <summary>What the operator types.</summary>
    public const string InstallCommand = "apt-get install libsecp256k1-1";

    private const uint VerifyContext = 0x0101;
    private const uint Compressed = 0x0102;
    private const uint Uncompressed = 0x0002;

    /// <summary>Opaque structures of the library: a point 64 bytes, a signature 64, a recoverable one 65.</summary>
    private const int PointSize = 64;

    private static readonly string[] Names =
    [
        "libsecp256k1.so.1", "libsecp256k1.so.2", "libsecp256k1.so.5", "libsecp256k1.so.6", "libsecp256k1.so", "libsecp256k1.dylib",
        "libsecp256k1.dll",
    ];

    private static readonly Lazy<Library> Loaded = new(Load);

    /// <summary>True where the library is there.</summary>
    public static bool IsThere => Names.Any(name => NativeLibrary.TryLoad(name, out _));

    /// <summary>The public key that made an ECDSA signature, or null if there is none.</summary>
    /// <param name="hash">32 bytes that were signed.</param>
    /// <param name="signature">64 bytes: r and s.</param>
    /// <param name="recovery">0 to 3: which of the possible keys.</param>
    /// <param name="isCompressed">The form of the answer: 33 or 65 bytes.</param>
    public static byte[]? Recover(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature, int recovery, bool isCompressed)
    {
        if (hash.Length != 32 || signature.Length != 64 || recovery is < 0 or > 3) return null;
        var library = Loaded.Value;
        var parsed = stackalloc byte[65];
        var point = stackalloc byte[PointSize];
        // Safety: every buffer has the size that secp256k1.h and secp256k1_recovery.h state, and outlives the call.
        fixed (byte* hashAt = hash, signatureAt = signature)
        {
            if (library.ParseRecoverable(library.Context, parsed, signatureAt, recovery) != 1) return null;
            if (library.Recover(library.Context, point, parsed, hashAt) != 1) return null;
        }

        var key = new byte[isCompressed ? 33 : 65];
        nuint length = (nuint)key.Length;
        fixed (byte* keyAt = key)
            library.Serialize(library.Context, keyAt, &length, point, isCompressed ? Compressed : Uncompressed);
        return key;
    }

    /// <summary>True if a DER signature with a low s is of this key (33 or 65 bytes) over the 32 bytes.</summary>
    public static bool VerifyDer(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> der, ReadOnlySpan<byte> publicKey)
    {
        if (hash.Length != 32 || der.Length is < 8 or > 72 || publicKey.Length is not (33 or 65)) return false;
        var library = Loaded.Value;
        var parsed = stackalloc byte[64];
        var point = stackalloc byte[PointSize];
        // Safety: as above. secp256k1_ecdsa_verify itself refuses a high s.
        fixed (byte* hashAt = hash, derAt = der, keyAt = publicKey)
        {
            return library.ParseDer(library.Context, parsed, derAt, (nuint)der.Length) == 1
                && library.ParseKey(library.Context, point, keyAt, (nuint)publicKey.Length) == 1
                && library.Verify(library.Context, parsed, hashAt, point) == 1;
        }
    }

    /// <summary>True if a BIP 340 signature (64 bytes) is of this x-only key (32 bytes) over the 32 bytes.</summary>
    public static bool VerifySchnorr(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> xOnlyKey)
    {
        if (hash.Length != 32 || signature.Length != 64 || xOnlyKey.Length != 32) return false;
        var library = Loaded.Value;
        var point = stackalloc byte[PointSize];
        // Safety: as above.
        fixed (byte* hashAt = hash, signatureAt = signature, keyAt = xOnlyKey)
        {
            return library.ParseXOnly(library.Context, point, keyAt) == 1
                && library.VerifySchnorr(library.Context, signatureAt, hashAt, 32, point) == 1;
        }
    }

    private static Library Load()
    {
        foreach (var name in Names)
            if (NativeLibrary.TryLoad(name, out var handle)) return new Library(handle, name);
        throw new SignatureLibraryException($"libsecp256k1, which checks signatures of wallets, is missing: {InstallCommand}");
    }

    private sealed class Library
    {
        internal readonly nint Context;
        internal readonly delegate* unmanaged<nint, byte*, byte*, int, int> ParseRecoverable;
        internal readonly delegate* unmanaged<nint, byte*, byte*, byte*, int> Recover;
        internal readonly delegate* unmanaged<nint, byte*, nuint*, byte*, uint, int> Serialize;
        internal readonly delegate* unmanaged<nint, byte*, byte*, nuint, int> ParseDer;
        internal readonly delegate* unmanaged<nint, byte*, byte*, nuint, int> ParseKey;
        internal readonly delegate* unmanaged<nint, byte*, byte*, byte*, int> Verify;
        internal readonly delegate* unmanaged<nint, byte*, byte*, int> ParseXOnly;
        internal readonly delegate* unmanaged<nint, byte*, byte*, nuint, byte*, int> VerifySchnorr;

        public Library(nint handle, string name)
        {
            nint Find(string function) => NativeLibrary.TryGetExport(handle, "secp256k1_" + function, out var address)
                ? address
                : throw new SignatureLibraryException(
                    $"{name} lacks secp256k1_{function} (module recovery, extrakeys or schnorrsig): {InstallCommand}");

            ParseRecoverable =
                (delegate* unmanaged<nint, byte*, byte*, int, int>)Find("ecdsa_recoverable_signature_parse_compact");
            Recover = (delegate* unmanaged<nint, byte*, byte*, byte*, int>)Find("ecdsa_recover");
            Serialize = (delegate* unmanaged<nint, byte*, nuint*, byte*, uint, int>)Find("ec_pubkey_serialize");
            ParseDer = (delegate* unmanaged<nint, byte*, byte*, nuint, int>)Find("ecdsa_signature_parse_der");
            ParseKey = (delegate* unmanaged<nint, byte*, byte*, nuint, int>)Find("ec_pubkey_parse");
            Verify = (delegate* unmanaged<nint, byte*, byte*, byte*, int>)Find("ecdsa_verify");
            ParseXOnly = (delegate* unmanaged<nint, byte*, byte*, int>)Find("xonly_pubkey_parse");
            VerifySchnorr = (delegate* unmanaged<nint, byte*, byte*, nuint, byte*, int>)Find("schnorrsig_verify");
            // Verification only reads the context: threads may share it. It lives as long as the process.
            Context = ((delegate* unmanaged<uint, nint>)Find("context_create"))(VerifyContext);
        }
    }
}
