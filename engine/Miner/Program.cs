using Viddhana.Core.Algorithms;

Console.WriteLine(NativeKernels.Describe());
var hash = new byte[32];
foreach (var (name, algorithm) in PowAlgorithms.ByName)
{
    algorithm.Hash(new byte[80], hash);
    Console.WriteLine($"{name} {Convert.ToHexStringLower(hash)}");
}

return 2;
