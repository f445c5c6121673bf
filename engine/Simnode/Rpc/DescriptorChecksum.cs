namespace Viddhana.Simnode.Rpc;

/// <summary>The eight characters after # in an output descriptor (BIP 380).</summary>
public static class DescriptorChecksum
{
    private const string Input =
        "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";

    private const string Output = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    private static readonly ulong[] Generators = [0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a, 0x644d626ffd];

    /// <summary>The checksum; characters that no descriptor may have count as nothing.</summary>
    public static string Of(string descriptor)
    {
        ulong sum = 1;
        ulong group = 0;
        var grouped = 0;
        foreach (var place in descriptor.Select(letter => Input.IndexOf(letter)).Where(place => place >= 0))
        {
            sum = Step(sum, (ulong)place & 31);
            group = (group * 3) + ((ulong)place >> 5);
            if (++grouped < 3) continue;

            sum = Step(sum, group);
            (group, grouped) = (0, 0);
        }

        if (grouped > 0) sum = Step(sum, group);
        for (var i = 0; i < 8; i++) sum = Step(sum, 0);
        sum ^= 1;
        return string.Concat(Enumerable.Range(0, 8).Select(i => Output[(int)(sum >> (5 * (7 - i))) & 31]));
    }

    private static ulong Step(ulong sum, ulong value)
    {
        var top = sum >> 35;
        sum = ((sum & 0x7ffffffff) << 5) ^ value;
        for (var i = 0; i < 5; i++)
        {
            if (((top >> i) & 1) != 0) sum ^= Generators[i];
        }

        return sum;
    }
}
