using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>The rules of this chain: Bitcoin's regtest, with target and halving of our choice.</summary>
public sealed class ChainRules
{
    /// <summary>One coin in base units.</summary>
    public const long Coin = 100_000_000;

    /// <summary>More than this exists nowhere.</summary>
    public const long MaxMoney = 21_000_000 * Coin;

    /// <summary>Blocks that must lie on a coinbase before it may be spent.</summary>
    public const int Maturity = 100;

    /// <summary>BIP 141.</summary>
    public const int MaxBlockWeight = 4_000_000;

    /// <summary>BIP 141, in cost units (a legacy sigop is four).</summary>
    public const int MaxSigopsCost = 80_000;

    /// <summary>How far ahead of the clock a block's time may be.</summary>
    public const int MaxFutureSeconds = 7200;

    /// <summary>
    /// About 4.3e8 hashes a block (difficulty 0.1): miners of 5 to 10 MH/s together find a block every 40 to 90 seconds.
    /// </summary>
    public const uint DefaultBits = 0x1D09FFF6;

    /// <summary>Blocks between halvings on regtest.</summary>
    public const int RegtestHalving = 150;

    /// <summary>The genesis block of regtest, as every Bitcoin node has it.</summary>
    public static readonly Block Genesis = Block.Decode(Convert.FromHexString(
        "01000000000000000000000000000000000000000000000000000000000000000000"
        + "00003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
        + "dae5494dffff7f2002000000"
        + "01010000000100000000000000000000000000000000000000000000000000000000"
        + "00000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f"
        + "32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64"
        + "206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104"
        + "678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649"
        + "f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac0000"
        + "0000"))!;

    /// <summary>Compact target that every next block must have.</summary>
    public uint Bits { get; set; } = DefaultBits;

    /// <summary>Block version of templates.</summary>
    public uint Version { get; set; } = 0x20000000;

    /// <summary>Blocks between halvings.</summary>
    public int HalvingInterval { get; init; } = RegtestHalving;

    /// <summary>Seconds since 1970.</summary>
    public Func<long> UnixTime { get; init; } = () => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>New coins at a height.</summary>
    public long Subsidy(int height)
    {
        var halvings = height / HalvingInterval;
        return halvings >= 64 ? 0 : (50 * Coin) >> halvings;
    }
}
