using System.Runtime.InteropServices;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Accounts.Signatures;
using Viddhana.Contracts;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>A wallet of one key, which signs messages in every form that the program takes.</summary>
internal sealed unsafe class TestWallet
{
    private const string Library = "libsecp256k1.so.1";
    private static readonly nint Context = ContextCreate(0x0301);

    private readonly byte[] _secret;
    private readonly CoinNetwork _network;

    public TestWallet(int number, CoinNetwork network)
    {
        (_secret, _network) = (new byte[32], network);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(_secret.AsSpan(28), number);
    }

    public string P2pkh => AddressCodec.FromScript([0x76, 0xa9, 20, .. KeyHash, 0x88, 0xac], _network)!;

    public string P2sh => AddressCodec.FromScript([0xa9, 20, .. Ripemd160.Hash160([0, 20, .. KeyHash]), 0x87], _network)!;

    public string P2wpkh => AddressCodec.FromScript([0, 20, .. KeyHash], _network)!;

    /// <summary>The output key is the wallet's own, not tweaked: good for spending by key all the same.</summary>
    public string P2tr => AddressCodec.FromScript([0x51, 32, .. PublicKey(isCompressed: true).AsSpan(1)], _network)!;

    public string Evm => "0x" + Convert.ToHexStringLower(Keccak256.Hash(PublicKey(isCompressed: false).AsSpan(1)).AsSpan(12));

    private byte[] KeyHash => Ripemd160.Hash160(PublicKey(isCompressed: true));

    /// <summary>The form of BIP 137; the header's kind of address is added to 27 and the number of the key.</summary>
    public string SignBitcoin(string message, int kind = 4, string magic = "Bitcoin Signed Message:\n")
    {
        var (signature, recovery) = SignRecoverable(RecoverableMessage.BitcoinHash(magic, message));
        return Convert.ToBase64String([(byte)(27 + kind + recovery), .. signature]);
    }

    public string SignEthereum(string message, int firstV = 27)
    {
        var (signature, recovery) = SignRecoverable(RecoverableMessage.EthereumHash("\x19" + "Ethereum Signed Message:\n", message));
        return "0x" + Convert.ToHexStringLower([.. signature, (byte)(firstV + recovery)]);
    }

    public string SignTaproot(WalletAddress address, string message, byte? type = null)
    {
        var hash = Bip322.TaprootHash(address.Script, Bip322.ToSpendId(address.Script, message), type ?? 0);
        var pair = stackalloc byte[96];
        var signature = new byte[64];
        fixed (byte* secret = _secret, hashAt = hash, signatureAt = signature)
        {
            Assert.That(KeypairCreate(Context, pair, secret), Is.EqualTo(1));
            Assert.That(SchnorrSign(Context, signatureAt, hashAt, pair, null), Is.EqualTo(1));
        }

        byte[] item = type is { } last ? [.. signature, last] : signature;
        return "smp" + Convert.ToBase64String([1, (byte)item.Length, .. item]);
    }

    public string SignSegwit(WalletAddress address, string message)
    {
        var hash = Bip322.SegwitHash(address.Program, Bip322.ToSpendId(address.Script, message));
        var parsed = stackalloc byte[64];
        var der = new byte[72];
        nuint length = 72;
        fixed (byte* secret = _secret, hashAt = hash, derAt = der)
        {
            Assert.That(Sign(Context, parsed, hashAt, secret, 0, 0), Is.EqualTo(1));
            Assert.That(SerializeDer(Context, derAt, &length, parsed), Is.EqualTo(1));
        }

        byte[] key = PublicKey(isCompressed: true);
        return Convert.ToBase64String([2, (byte)(length + 1), .. der.AsSpan(0, (int)length), 1, 33, .. key]);
    }

    private byte[] PublicKey(bool isCompressed)
    {
        var point = stackalloc byte[64];
        var key = new byte[isCompressed ? 33 : 65];
        nuint length = (nuint)key.Length;
        fixed (byte* secret = _secret, keyAt = key)
        {
            Assert.That(KeyCreate(Context, point, secret), Is.EqualTo(1));
            Assert.That(KeySerialize(Context, keyAt, &length, point, isCompressed ? 0x0102u : 0x0002u), Is.EqualTo(1));
        }

        return key;
    }

    private (byte[] Signature, int Recovery) SignRecoverable(byte[] hash)
    {
        var parsed = stackalloc byte[65];
        var signature = new byte[64];
        int recovery;
        fixed (byte* secret = _secret, hashAt = hash, signatureAt = signature)
        {
            Assert.That(SignRecoverable(Context, parsed, hashAt, secret, 0, 0), Is.EqualTo(1));
            Assert.That(SerializeRecoverable(Context, signatureAt, &recovery, parsed), Is.EqualTo(1));
        }

        return (signature, recovery);
    }

    [DllImport(Library, EntryPoint = "secp256k1_context_create")]
    private static extern nint ContextCreate(uint flags);

    [DllImport(Library, EntryPoint = "secp256k1_ec_pubkey_create")]
    private static extern int KeyCreate(nint context, byte* point, byte* secret);

    [DllImport(Library, EntryPoint = "secp256k1_ec_pubkey_serialize")]
    private static extern int KeySerialize(nint context, byte* key, nuint* length, byte* point, uint flags);

    [DllImport(Library, EntryPoint = "secp256k1_ecdsa_sign_recoverable")]
    private static extern int SignRecoverable(nint context, byte* signature, byte* hash, byte* secret, nint nonce, nint data);

    [DllImport(Library, EntryPoint = "secp256k1_ecdsa_recoverable_signature_serialize_compact")]
    private static extern int SerializeRecoverable(nint context, byte* bytes, int* recovery, byte* signature);

    [DllImport(Library, EntryPoint = "secp256k1_ecdsa_sign")]
    private static extern int Sign(nint context, byte* signature, byte* hash, byte* secret, nint nonce, nint data);

    [DllImport(Library, EntryPoint = "secp256k1_ecdsa_signature_serialize_der")]
    private static extern int SerializeDer(nint context, byte* bytes, nuint* length, byte* signature);

    [DllImport(Library, EntryPoint = "secp256k1_keypair_create")]
    private static extern int KeypairCreate(nint context, byte* pair, byte* secret);

    [DllImport(Library, EntryPoint = "secp256k1_schnorrsig_sign32")]
    private static extern int SchnorrSign(nint context, byte* signature, byte* hash, byte* pair, byte* random);
}
