using Ddpm.Host.Commands;

return Entrance.Run(args);
