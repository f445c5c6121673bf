using Viddhana.Backoffice;
using Viddhana.Backoffice.Payouts;

return await CommandLine.Make().AddPayouts().RunAsync(args);
