namespace Viddhana.Backoffice.Accounts.Signatures;

/// <summary>Signatures of messages as wallets write them.</summary>
internal static class WalletSignature
{
    private const int TextMax = 400;
    private const string Simple = "smp";

    /// <summary>
    /// True if the owner of the address has signed the message. The form is told by the signature itself: 65 bytes are recoverable, else it
    /// is a witness. Surrounding white space is what copying brings along, and is cut.
    /// </summary>
    public static bool IsGood(WalletAddress address, string message, string? signature)
    {
        if (signature is null || signature.Length > TextMax) return false;
        var text = signature.Trim();
        if (address.Form == AddressForm.Evm)
            return TryHex(text, out var hex) && RecoverableMessage.VerifyEthereum(address, message, hex);

        if (text.StartsWith(Simple, StringComparison.Ordinal) && TryBase64(text[Simple.Length..], out var witness))
            return Bip322.Verify(address, message, witness);
        if (!TryBase64(text, out var bytes)) return false;
        return bytes.Length == 65
            ? RecoverableMessage.VerifyBitcoin(address, message, bytes)
            : Bip322.Verify(address, message, bytes);
    }

    private static bool TryBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        // Wallets write padding or leave it away (BIP 322's own examples do).
        var padded = text.Length % 4 == 0 ? text : text + new string('=', 4 - (text.Length % 4));
        var isGood = Convert.TryFromBase64String(padded, bytes, out var written);
        bytes = isGood ? bytes[..written] : [];
        return isGood;
    }

    private static bool TryHex(string text, out byte[] bytes)
    {
        bytes = [];
        var digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text;
        if (digits.Length != 130) return false;
        bytes = new byte[65];
        return Convert.FromHexString(digits, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
    }
}
