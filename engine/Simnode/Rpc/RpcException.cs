namespace Viddhana.Simnode.Rpc;

/// <summary>Error numbers of bitcoin's RPC.</summary>
public static class RpcCode
{
    public const int Misc = -1;
    public const int Type = -3;
    public const int Wallet = -4;
    public const int InvalidAddressOrKey = -5;
    public const int InsufficientFunds = -6;
    public const int InvalidParameter = -8;
    public const int InvalidLabel = -11;
    public const int NotConnected = -9;
    public const int WalletUnlockNeeded = -13;
    public const int WalletPassphraseIncorrect = -14;
    public const int WrongEncryptionState = -15;
    public const int WalletNotFound = -18;
    public const int WalletNotSpecified = -19;
    public const int Deserialization = -22;
    public const int Verify = -25;
    public const int VerifyRejected = -26;
    public const int AlreadyInChain = -27;
    public const int InWarmup = -28;
    public const int WalletAlreadyLoaded = -35;
    public const int WalletAlreadyExists = -36;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int Internal = -32603;
    public const int Parse = -32700;
}

/// <summary>An error that the caller reads as <c>{"code":…,"message":…}</c>.</summary>
public sealed class RpcException(int code, string message) : Exception(message)
{
    /// <summary>One of <see cref="RpcCode"/>.</summary>
    public int Code { get; } = code;
}
