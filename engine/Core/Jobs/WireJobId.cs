namespace Viddhana.Core.Jobs;

/// <summary>The job id on the wire: number of the process start (16 bits), job serial (32), variant (16), most significant first.</summary>
public static class WireJobId
{
    /// <summary>Digits of the id on the wire.</summary>
    public const int TextSize = 16;

    /// <summary>Puts an id together.</summary>
    public static ulong Make(ushort processStart, uint serial, ushort variant) =>
        ((ulong)processStart << 48) | ((ulong)serial << 16) | variant;
}
